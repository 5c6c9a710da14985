import { CUT_SHORT } from '../../canonical/response.ts'
import { storableText } from '../columns/encode-rows.ts'
import type { RequestRow, UsageRow } from '../contracts/ledger-store.ts'
import {
  BETTER,
  COMPARED,
  FLAWS,
  JUDGE_FAILED,
  JUDGED,
  JUDGED_BETTER,
  JUDGED_NOT_WORSE,
  MOST_LOOKED_AT,
  NOT_ITS_FAULT,
  NOT_WORSE,
  type QualityEvidence,
  type QualityQuery,
  REFUSED,
  WITHHELD,
} from '../contracts/quality-evidence.ts'
import type { LedgerRows } from './rows.ts'

/** What the ledger in memory knows of deployments at a task. */
export function qualityOf(rows: LedgerRows, query: QualityQuery): readonly QualityEvidence[] {
  const task = storableText(query.task)
  const isWithin = (at: number): boolean => at >= query.from && at < query.to
  const isWanted = (deployment: string | null): boolean =>
    deployment !== null && (query.deployments?.includes(deployment) ?? true)
  const attempts = lookedAt(
    [...rows.usage.values()].filter((row) => row.task === task && isWanted(row.deployment) && isWithin(row.createdAt)),
    (row) => row.createdAt,
    query,
  )
  const words = lookedAt(
    [...rows.feedback.values()].filter(
      (row) => row.task === task && isWanted(row.deployment) && isWithin(row.updatedAt),
    ),
    (row) => row.updatedAt,
    query,
  )
  const marked = (some: readonly string[]): Flagged => {
    const found = requestsWith(rows, some)
    const names = new Set(found.map((row) => name(row.traceId, row.tenantId, row.servedModel)))
    return (row) => names.has(name(row.traceId, row.tenantId, row.deployment))
  }
  const flagged = (some: readonly string[]): Flagged => {
    const isMarked = marked(some)
    return (row) => row.status === 'completed' && isMarked(row)
  }
  // What a model says of an answer is a request of the same trace.
  const said = (some: readonly string[]): Flagged => {
    const names = new Set(requestsWith(rows, some).map((row) => name(row.traceId, row.tenantId)))
    return (row) => row.status === 'completed' && names.has(name(row.traceId, row.tenantId))
  }
  const flags = {
    ...{ isRefused: marked(REFUSED), isNotItsFault: marked(NOT_ITS_FAULT) },
    ...{ isFlawed: flagged(FLAWS), isCompared: flagged(COMPARED) },
    ...{ isNotWorse: flagged(NOT_WORSE), isBetter: flagged(BETTER) },
    ...{ isJudged: said(JUDGED), isJudgedBetter: said(JUDGED_BETTER), isJudgedNotWorse: said(JUDGED_NOT_WORSE) },
    isJudgeFailed: said(JUDGE_FAILED),
  }
  const deployments = new Set([...attempts, ...words].map(({ deployment }) => deployment ?? ''))
  return [...deployments].sort().map((deployment) => {
    const scores = words.filter((row) => row.deployment === deployment).map(({ score }) => score)
    const own = attempts.filter((row) => row.deployment === deployment)
    return { deployment, ...counted(own, flags), feedback: scores.length, meanScore: mean(scores) }
  })
}

/** Whether the request of an attempt has one of some flags. */
type Flagged = (row: UsageRow) => boolean

interface Flags {
  readonly isRefused: Flagged
  readonly isNotItsFault: Flagged
  readonly isFlawed: Flagged
  readonly isCompared: Flagged
  readonly isNotWorse: Flagged
  readonly isBetter: Flagged
  readonly isJudged: Flagged
  readonly isJudgedBetter: Flagged
  readonly isJudgedNotWorse: Flagged
  readonly isJudgeFailed: Flagged
}

function requestsWith(rows: LedgerRows, some: readonly string[]): readonly RequestRow[] {
  return [...rows.requests.values()].filter(({ flags }) => flags.some((flag) => some.includes(flag)))
}

function counted(rows: readonly UsageRow[], flags: Flags) {
  const isInvalid = (row: UsageRow): boolean => row.errorCode === 'output_invalid'
  const isFlawed = (row: UsageRow): boolean => isInvalid(row) || flags.isFlawed(row)
  const isCut = (row: UsageRow): boolean =>
    row.status === 'incomplete' || CUT_SHORT.some((reason) => reason === row.finishReason)
  const isRefused = (row: UsageRow): boolean => row.finishReason === WITHHELD || flags.isRefused(row)
  const came = (row: UsageRow): boolean =>
    (row.status === 'completed' || row.status === 'incomplete') && !flags.isNotItsFault(row)
  const isWhole = (row: UsageRow): boolean => came(row) && !isFlawed(row) && !isCut(row)
  const latencies = rows.filter(({ status }) => status === 'completed').map(({ latencyMs }) => latencyMs)
  return {
    attempts: rows.length,
    answers: rows.filter((row) => came(row) || isInvalid(row)).length,
    valid: rows.filter((row) => row.status === 'completed' && isWhole(row) && !isRefused(row)).length,
    incomplete: rows.filter((row) => came(row) && isCut(row) && !isFlawed(row)).length,
    invalid: rows.filter(isFlawed).length,
    refused: rows.filter((row) => isWhole(row) && isRefused(row)).length,
    errors: rows.filter((row) => row.status === 'failed' && !isInvalid(row)).length,
    compared: rows.filter(flags.isCompared).length,
    notWorse: rows.filter(flags.isNotWorse).length,
    better: rows.filter(flags.isBetter).length,
    judged: rows.filter(flags.isJudged).length,
    judgedBetter: rows.filter(flags.isJudgedBetter).length,
    judgedNotWorse: rows.filter(flags.isJudgedNotWorse).length,
    judgeFailures: rows.filter(flags.isJudgeFailed).length,
    cost: rows.reduce((sum, { cost }) => sum + cost, 0n),
    meanLatencyMs: mean(latencies),
    p95LatencyMs: latencies.sort((one, other) => one - other)[Math.ceil(latencies.length * 0.95) - 1] ?? null,
  }
}

function lookedAt<Row>(rows: Row[], at: (row: Row) => number, { order = 'newest' }: QualityQuery): readonly Row[] {
  const sign = order === 'first' ? 1 : -1
  return rows.sort((one, other) => sign * (at(one) - at(other))).slice(0, MOST_LOOKED_AT)
}

function name(...parts: readonly (string | null)[]): string {
  return JSON.stringify(parts)
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}
