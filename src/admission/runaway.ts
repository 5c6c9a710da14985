/*
 * Programs that have lost their way: loops that send the same call again and again (retry storms among them), and agent runs without an end.
 *
 * Identical calls are counted on each instance: a loop is one client, and one client keeps to few instances. What a run may use is a budget like
 * any other where it is to be refused (`gateway/rules.ts`), shared by all instances and hard; here runs are only watched, to flag them.
 */
import { createHash } from 'node:crypto'
import type { CallContext } from '../access/context.ts'
import { usdNumber } from '../canonical/money.ts'
import type { RunawayConfig } from '../config/sections/runaway.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { durationText } from '../lib/duration.ts'
import type { RepeatWatch } from './runaway-repeats.ts'
import type { RunWatch } from './runaway-runs.ts'

/** A call, as far as it can be repeated. */
export interface RepeatableCall {
  readonly context: CallContext
  readonly keyId: string | null
  /** As the caller wrote it. */
  readonly model: string
  /** The conversation, as bytes or text; asked for only when calls are compared. */
  readonly conversation: () => readonly (Buffer | string)[]
}

/** Something that looks like a runaway program. */
export interface RunawaySign {
  /** The same text for the same program. */
  readonly key: string
  readonly scope: Readonly<Record<string, string>>
  readonly message: string
  /** How long it need not be said again, in ms. */
  readonly quietMs: number
}

/** What the watches are kept in; it outlives configurations. */
export interface RunawayWatches {
  readonly repeats: RepeatWatch
  readonly runs: RunWatch
}

/** What was found about a call. */
export interface RunawayFinding {
  readonly sign: RunawaySign
  /** The refusal, `rate_limited`; null when the call is only to be flagged. */
  readonly refusal: GatewayError | null
}

const RUN_QUIET_MS = 86_400_000

/** Looks at a call that comes, and notes it unless it only asks what would be. Null: nothing strange. */
export function findRunaway(
  call: RepeatableCall,
  policy: RunawayConfig,
  watches: RunawayWatches,
  notes = true,
): RunawayFinding | null {
  return repeated(call, policy, watches.repeats, notes) ?? endless(call, policy, watches.runs, notes)
}

function repeated(
  call: RepeatableCall,
  policy: RunawayConfig,
  repeats: RepeatWatch,
  notes: boolean,
): RunawayFinding | null {
  const { identicalCalls, windowMs, action } = policy
  if (identicalCalls === null) return null
  const fingerprint = fingerprintOf(call)
  const waitMs = notes
    ? repeats.note(fingerprint, identicalCalls, windowMs)
    : repeats.look(fingerprint, identicalCalls, windowMs)
  if (waitMs === null) return null
  const { tenantId, userId } = call.context
  const who = userId ?? call.keyId
  const scope = {
    tenant: tenantId,
    ...(userId !== null ? { user: userId } : call.keyId !== null ? { key: call.keyId } : {}),
  }
  const often = `The same call came more than ${identicalCalls} times within ${durationText(windowMs)}`
  const sign = {
    key: `runaway/identical_calls/${tenantId}/${who ?? ''}`,
    scope,
    message: `${often}${who === null ? '' : ` from ${who}`} of tenant ${tenantId}.`,
    quietMs: windowMs,
  }
  if (action === 'alert') return { sign, refusal: null }
  const refusal = new GatewayError(
    'rate_limited',
    `${often}, which looks like a loop. Change the call, or stop it for ${durationText(Math.ceil(waitMs / 1000) * 1000)}; each repetition starts the wait again.`,
    {
      retryAfterMs: Math.ceil(waitMs),
      details: { runaway: 'identical_calls', identical_calls: identicalCalls, window: durationText(windowMs) },
    },
  )
  return { sign, refusal }
}

function endless(
  { context }: RepeatableCall,
  { action, perRun }: RunawayConfig,
  runs: RunWatch,
  notes: boolean,
): RunawayFinding | null {
  const { tenantId, runId } = context
  if (action !== 'alert' || runId === null) return null
  if (perRun.calls === null && perRun.cost === null) return null
  const { calls, cost } = notes ? runs.began(tenantId, runId) : runs.look(tenantId, runId)
  const tooMany = perRun.calls !== null && calls + (notes ? 0 : 1) > perRun.calls
  const tooDear = perRun.cost !== null && cost >= perRun.cost
  if (!tooMany && !tooDear) return null
  const sign = {
    key: `runaway/run/${tenantId}/${runId}`,
    scope: { tenant: tenantId, run: runId },
    message: `Run ${runId} of tenant ${tenantId} has made ${calls} calls for ${usdNumber(cost)} USD.`,
    quietMs: RUN_QUIET_MS,
  }
  return { sign, refusal: null }
}

function fingerprintOf({ context, keyId, model, conversation }: RepeatableCall): string {
  const hash = createHash('sha256').update(JSON.stringify([context.tenantId, context.userId ?? keyId, model]))
  for (const part of conversation()) hash.update('\n').update(part)
  return hash.digest('base64url')
}
