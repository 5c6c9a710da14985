import type { CallContext, Principal } from '../access/context.ts'
import type { NanoUsd } from '../canonical/money.ts'
import { cacheReadTokens, cacheWriteTokens, inputTokens, outputTokens, type Usage } from '../canonical/usage.ts'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { AttemptRecord } from '../execution/running-attempt.ts'
import { chargeOf } from '../money/charge.ts'
import type { AttemptCost, Money } from '../money/reservation.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { UsageRow, UsageStatus } from '../storage/contracts/ledger-store.ts'

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

/** Bytes of generated text a token, where the provider did not count for us. */
const BYTES_PER_OUTPUT_TOKEN = 4

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
  const { usage, estimated } = spent(record, inputEstimate)
  const priced = deployment.price ? money.price(deployment, usage) : UNPRICED
  const runsOn = billRunsOn(record)
  const cost = runsOn && worstCase > priced.cost ? worstCase : priced.cost
  return {
    ...common(facts, deployment),
    id: record.id,
    attempt: record.number,
    ...tokens(usage),
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
  }
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
  return {
    ...common(facts, running.deployment),
    id: running.id,
    attempt: running.number,
    ...tokens({ inputUncached: bound.inputTokens, outputText: bound.outputTokens }),
    cost: bound.cost,
    toolFees: 0n,
    charge: chargeOf(bound.cost, facts.markup),
    priceVersion: running.deployment.price?.version ?? 'unknown',
    usageEstimated: true,
    latencyMs: 0,
    ttftMs: null,
    status: 'presumed_spent',
    errorCode: null,
    finishReason: null,
    createdAt: running.startedAt,
  }
}

/** The row of a call that never reached a provider. */
export function refusalRow(
  facts: RowFacts,
  id: string,
  outcome: { readonly status: UsageStatus; readonly error: GatewayError | null },
  times: { readonly createdAt: number; readonly latencyMs: number },
): UsageRow {
  return {
    ...common(facts, null),
    id,
    attempt: 0,
    ...tokens({}),
    cost: 0n,
    toolFees: 0n,
    charge: 0n,
    priceVersion: null,
    usageEstimated: false,
    latencyMs: times.latencyMs,
    ttftMs: null,
    status: outcome.status,
    errorCode: outcome.error?.code ?? null,
    finishReason: null,
    createdAt: times.createdAt,
  }
}

function common(facts: RowFacts, deployment: Deployment | null) {
  const { traceId, context, principal, task, route, estimatedCost } = facts
  return {
    traceId,
    tenantId: context.tenantId,
    userId: context.userId,
    teamId: context.teamId,
    keyId: principal.keyId,
    feature: context.feature,
    task,
    route,
    model: deployment?.model ?? null,
    provider: deployment?.endpoint.provider ?? null,
    deployment: deployment?.id ?? null,
    region: deployment?.endpoint.region ?? null,
    promptVersion: context.promptVersion,
    risk: context.risk,
    plan: context.plan,
    cache: null,
    serviceTierAsked: deployment?.asked?.serviceTier ?? null,
    serviceTier: null,
    estimatedCost,
  }
}

function tokens(usage: Usage) {
  return {
    inputTokens: inputTokens(usage),
    outputTokens: outputTokens(usage),
    cachedTokens: cacheReadTokens(usage),
    cacheWriteTokens: cacheWriteTokens(usage),
    reasoningTokens: usage.reasoning ?? 0,
  }
}

/** Some providers go on generating, and charging, when we hang up: then nobody knows how much, and the bound is booked. */
function billRunsOn({ deployment, status, errorCode, mayCost }: AttemptRecord): boolean {
  const hungUp = status === 'client_gone' || errorCode === 'upstream_timeout'
  return hungUp && mayCost && !deployment.endpoint.abortStopsBilling
}

/**
 * What an attempt used: the provider's own figures; where they are missing or were cut off with the stream (Anthropic counts the prompt
 * first and the answer last), the meter's or our count of what arrived, never less than what the provider said.
 */
function spent(record: AttemptRecord, inputEstimate: number): { readonly usage: Usage; readonly estimated: boolean } {
  const said = record.summary?.usage ?? null
  if (said && record.status === 'completed') return { usage: said, estimated: false }
  if (!record.mayCost) return { usage: said ?? {}, estimated: false }
  const { metered = null, cut = false, outputBytes = 0 } = record.summary ?? {}
  if (metered && (cut || !said)) return { usage: metered, estimated: true }
  const counted = metered ? outputTokens(metered) : Math.ceil(outputBytes / BYTES_PER_OUTPUT_TOKEN)
  if (!said) return { usage: { inputUncached: inputEstimate, outputText: counted }, estimated: true }
  if (outputTokens(said) >= counted) return { usage: said, estimated: false }
  return { usage: { ...said, outputText: counted - (said.reasoning ?? 0) - (said.outputAudio ?? 0) }, estimated: true }
}
