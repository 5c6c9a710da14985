import type { AttemptSeen, FaultSeen } from './seen.ts'

/** One rule of conduct, and what was seen of it. */
export interface Finding {
  readonly rule: string
  readonly kept: boolean
  readonly seen: string
  /** A rule whose breach makes an answer that came `partial` and not `fail`. */
  readonly advisory: boolean
}

/** Looks at what happened. */
export interface Check {
  readonly rule: string
  readonly advisory: boolean
  look(seen: FaultSeen): Pick<Finding, 'kept' | 'seen'>
}

function check(rule: string, look: Check['look']): Check {
  return { rule, advisory: false, look }
}

/** The same rule as a matter of good conduct. */
export function advisory(one: Check): Check {
  return { ...one, advisory: true }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const tries = (attempts: readonly AttemptSeen[], of: string): string => `${attempts.length} at the ${of}`

export const ends = check('ends', ({ call }) => ({ kept: call.outcome !== 'hang', seen: seconds(call.ms) }))

export const neverHalf = check('never shows half an answer as whole', ({ call, whole }) => ({
  kept: call.outcome !== 'success' || whole,
  seen: call.outcome === 'success' ? (whole ? 'whole' : `${call.text.split(/\s+/).length} words`) : 'no answer',
}))

export const wholeAnswer = check('the answer is whole', ({ call, whole }) => ({
  kept: call.outcome === 'success' && whole,
  seen: call.outcome,
}))

export const alive = check('serves the next call', (seen) => ({ kept: seen.alive, seen: seen.alive ? 'yes' : 'no' }))

export const saysUsage = check('says what was used', ({ call }) => ({
  kept: call.usage,
  seen: call.usage ? 'yes' : 'no',
}))

export const namesWhatServed = check('names the model that served', ({ call, fallback, fallbackModel }) => ({
  kept: fallback.length === 0 || call.model === fallbackModel,
  seen: call.model ?? 'no model',
}))

export const noPrefillMask = check('does not hide the failure behind a refused prefill', (seen) => ({
  kept: seen.call.outcome !== 'error' || seen.prefillRefusals === 0,
  seen: `${seen.prefillRefusals} refused`,
}))

/** So many attempts at the primary, at least and at most. */
export function attempts(least: number, most: number): Check {
  const rule =
    least === most ? `${most} attempt` : least > 0 ? `${least} attempts or more` : `${most} attempts or fewer`
  return check(`${rule} at the primary`, ({ primary }) => ({
    kept: primary.length >= least && primary.length <= most,
    seen: tries(primary, 'primary'),
  }))
}

/** At most so many attempts at the primary in the first moments. */
export function noHammering(withinMs: number, most: number): Check {
  return check(`${most} attempts or fewer in the first ${seconds(withinMs)}`, ({ primary }) => {
    const [first] = primary
    const early = first ? primary.filter(({ atMs }) => atMs - first.atMs < withinMs) : []
    return { kept: early.length <= most, seen: tries(early, 'primary') }
  })
}

/** The second attempt at the primary waits so long. */
export function waitsBeforeRetry(ms: number): Check {
  return check(`waits ${seconds(ms)} before it asks the primary again`, ({ primary: [first, second] }) => ({
    kept: first !== undefined && second !== undefined && second.atMs - first.atMs >= ms,
    seen: first && second ? seconds(second.atMs - first.atMs) : 'no second attempt',
  }))
}

/** The call is over in so long. */
export function within(ms: number): Check {
  return check(`over within ${seconds(ms)}`, ({ call }) => ({
    kept: call.outcome !== 'hang' && call.ms <= ms,
    seen: seconds(call.ms),
  }))
}

export const servedWhileDown = check('answers while the primary is down', ({ steps, wellAtMs }) => {
  const during = steps.filter(({ atMs }) => atMs < wellAtMs)
  const served = during.filter(({ seen }) => seen.outcome === 'success')
  return { kept: during.length > 0 && served.length === during.length, seen: `${served.length} of ${during.length}` }
})

/** The primary is used again soon after it is well. */
export function usedAgainWithin(ms: number): Check {
  return check(`uses the primary again within ${seconds(ms)}`, ({ usedAgainAtMs, wellAtMs }) => ({
    kept: usedAgainAtMs !== null && usedAgainAtMs - wellAtMs <= ms,
    seen: usedAgainAtMs === null ? 'never' : seconds(Math.max(0, usedAgainAtMs - wellAtMs)),
  }))
}
