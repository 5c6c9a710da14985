import type { CallContext, Principal } from '../access/context.ts'
import type { NanoUsd } from '../canonical/money.ts'
import { cacheReadTokens, cacheWriteTokens, inputTokens, outputTokens, type Usage } from '../canonical/usage.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { AttemptRecord } from '../execution/running-attempt.ts'
import { chargeOf } from '../money/charge.ts'
import type { AttemptCost, Money } from '../money/reservation.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { UsageRow, UsageStatus } from '../storage/contracts/ledger-store.ts'
import { billRunsOn, usedBy } from './attempt-usage.ts'

/** What all rows of an exchange have in common. */
export interface RowFacts {
  readonly traceId: string
  readonly context: CallContext
  readonly principal: Principal
  readonly task: string | null
  readonly route: string | null
  /** What the call was expected to cost when it was admitted. */
  readonly estimatedCost: NanoUsd
  /** What the tenant is charged beyond the cost, in billionths of it. */
  readonly markup: bigint
}

const UNPRICED: AttemptCost = { cost: 0n, toolFees: 0n, priceVersion: 'unknown' }

/** The row of a closed attempt, priced. `worstCase` is the most that it can have cost. */
export function usageRow(
  facts: RowFacts,
  record: AttemptRecord,
  money: Money,
  inputEstimate: number,
  worstCase: NanoUsd,
): UsageRow {
  const { deployment, summary } = record
  const { usage, estimated } = usedBy(record, inputEstimate)
  const priced = deployment.price ? money.price(deployment, usage) : UNPRICED
  const runsOn = billRunsOn(record)
  const cost = runsOn && worstCase > priced.cost ? worstCase : priced.cost
  return rowOf(facts, deployment, usage, {
    id: record.id,
    attempt: record.number,
    cost,
    toolFees: priced.toolFees,
    charge: chargeOf(cost, facts.markup),
    priceVersion: priced.priceVersion,
    serviceTier: usage.serviceTier ?? null,
    usageEstimated: estimated || runsOn,
    latencyMs: record.latencyMs,
    ttftMs: record.ttftMs,
    status: record.status,
    errorCode: record.errorCode,
    finishReason: summary?.finishReason ?? null,
    createdAt: record.startedAt,
  })
}

/** The most that an attempt can use. */
export interface AttemptBound {
  readonly cost: NanoUsd
  readonly inputTokens: number
  /** Over all answers asked for. */
  readonly outputTokens: number
}

/** What an attempt becomes when this process dies before it is settled, or when it cannot be priced: spent to its bound. */
export function presumedRow(
  facts: RowFacts,
  running: Pick<AttemptRecord, 'id' | 'number' | 'deployment' | 'startedAt'>,
  bound: AttemptBound,
): UsageRow {
  const usage = { inputUncached: bound.inputTokens, outputText: bound.outputTokens }
  return rowOf(facts, running.deployment, usage, {
    id: running.id,
    attempt: running.number,
    cost: bound.cost,
    toolFees: 0n,
    charge: chargeOf(bound.cost, facts.markup),
    priceVersion: running.deployment.price?.version ?? 'unknown',
    serviceTier: null,
    usageEstimated: true,
    latencyMs: 0,
    ttftMs: null,
    status: 'presumed_spent',
    errorCode: null,
    finishReason: null,
    createdAt: running.startedAt,
  })
}

/** The row of a call that never reached a provider. */
export function refusalRow(
  facts: RowFacts,
  id: string,
  outcome: { readonly status: UsageStatus; readonly error: GatewayError | null },
  times: { readonly createdAt: number; readonly latencyMs: number },
): UsageRow {
  return rowOf(
    facts,
    null,
    {},
    {
      id,
      attempt: 0,
      cost: 0n,
      toolFees: 0n,
      charge: 0n,
      priceVersion: null,
      serviceTier: null,
      usageEstimated: false,
      latencyMs: times.latencyMs,
      ttftMs: null,
      status: outcome.status,
      errorCode: outcome.error?.code ?? null,
      finishReason: null,
      createdAt: times.createdAt,
    },
  )
}

/** What a row says that neither its exchange nor its deployment nor its usage does. */
type Own = Pick<
  UsageRow,
  'id' | 'attempt' | 'cost' | 'toolFees' | 'charge' | 'priceVersion' | 'serviceTier' | 'usageEstimated' | 'latencyMs'
> &
  Pick<UsageRow, 'ttftMs' | 'status' | 'errorCode' | 'finishReason' | 'createdAt'>

/** One literal with every field: a row put together of parts grows field by field, and is moved each time it has no room for the next. */
function rowOf(facts: RowFacts, deployment: Deployment | null, usage: Usage, own: Own): UsageRow {
  const { context } = facts
  return {
    id: own.id,
    traceId: facts.traceId,
    attempt: own.attempt,
    tenantId: context.tenantId,
    userId: context.userId,
    teamId: context.teamId,
    keyId: facts.principal.keyId,
    feature: context.feature,
    task: facts.task,
    route: facts.route,
    model: deployment?.model ?? null,
    provider: deployment?.endpoint.provider ?? null,
    deployment: deployment?.id ?? null,
    region: deployment?.endpoint.region ?? null,
    promptVersion: context.promptVersion,
    risk: context.risk,
    plan: context.plan,
    inputTokens: inputTokens(usage),
    outputTokens: outputTokens(usage),
    cachedTokens: cacheReadTokens(usage),
    cacheWriteTokens: cacheWriteTokens(usage),
    reasoningTokens: usage.reasoning ?? 0,
    estimatedCost: facts.estimatedCost,
    cost: own.cost,
    toolFees: own.toolFees,
    charge: own.charge,
    priceVersion: own.priceVersion,
    serviceTierAsked: deployment?.asked?.serviceTier ?? null,
    serviceTier: own.serviceTier,
    usageEstimated: own.usageEstimated,
    latencyMs: own.latencyMs,
    ttftMs: own.ttftMs,
    status: own.status,
    errorCode: own.errorCode,
    finishReason: own.finishReason,
    cache: null,
    createdAt: own.createdAt,
  }
}
