/*
 * The breaker of one deployment, as a pure function from what it was and what happened to what it is.
 *
 * Closed, everybody may call. So many failures in a row, or a trip from outside (too many failures or too many slow answers among the last
 * ones), open it: the deployment is ejected for a time. When that is over it is half-open, which means that one call, the probe, holds a lease and
 * is let through while the others go elsewhere. The lease lapses unless it is renewed, for a process may die with its probe. The probe's first content closes the breaker, its failure ejects the deployment
 * again, and from the third time on for twice as long (unless it went before its time). An ejection soon after the last one is longer too, so that a deployment which flaps is left alone more and more.
 *
 * Each change of phase begins a new epoch. A result counts only in the epoch in which its attempt began: a call that began before the
 * outage and ends well in the middle of it closes nothing, and the last of a hundred that failed together lengthens nothing.
 */

/** When a breaker opens, and for how long. */
export interface BreakerSettings {
  /** Failures in a row that open it; null: failures never do. */
  readonly failures: number | null
  /** When more than one in twenty of the last answers began later than this, it opens; null: slow answers never do. */
  readonly p95Ms: number | null
  /** How long the first ejection lasts. */
  readonly openForMs: number
}

/** A breaker at one moment; all times are of the monotonic clock. Never changed in place. */
export interface Breaker {
  readonly phase: 'closed' | 'open' | 'half-open'
  /** Grows with each change of phase. */
  readonly epoch: number
  /** Failures in a row, those that opened it and those of its probes among them. */
  readonly failures: number
  /** Ejections that followed one another closely. */
  readonly ejections: number
  /** When this phase began. */
  readonly since: number
  /** Open: when a probe may go. Half-open: when the lease of the probe ends. */
  readonly until: number
}

/** What can happen to a breaker. `epoch` is the one in which the attempt began. */
export type BreakerEvent =
  /** Somebody would like to call; `now` does not wait for the end of the ejection. */
  | { readonly type: 'asked'; readonly at: number; readonly now?: boolean }
  /** The first content came. */
  | { readonly type: 'answered'; readonly epoch: number; readonly at: number }
  /** An answer came to its good end. */
  | { readonly type: 'succeeded'; readonly epoch: number; readonly at: number }
  | { readonly type: 'failed'; readonly epoch: number; readonly at: number }
  /** Too many of the last results were failures, or slow. */
  | { readonly type: 'tripped'; readonly epoch: number; readonly at: number }
  /** The probe is still on its way. */
  | { readonly type: 'renewed'; readonly epoch: number; readonly at: number }
  /** The attempt ended and says nothing about the deployment. */
  | { readonly type: 'released'; readonly epoch: number; readonly at: number }

/** How a deployment begins. */
export const CLOSED: Breaker = { phase: 'closed', epoch: 0, failures: 0, ejections: 0, since: 0, until: 0 }

/** No ejection grows beyond this, unless the first one is longer already. */
export const LONGEST_EJECTION_MS = 600_000

/** A probe of which nothing was heard for so long is given up for lost, and another one may go. */
export const LEASE_MS = 60_000

/** What the breaker is after the event: the same object when nothing changed. */
export function reduce(breaker: Breaker, event: BreakerEvent, settings: BreakerSettings): Breaker {
  if (event.type === 'asked') return asked(breaker, event.at, event.now ?? false)
  if (event.epoch !== breaker.epoch) return breaker
  if (breaker.phase === 'closed') return whileClosed(breaker, event, settings)
  if (breaker.phase === 'open') return breaker
  switch (event.type) {
    case 'answered':
    case 'succeeded':
      return next(breaker, 'closed', event.at, 0, breaker.ejections)
    case 'failed':
      return eject(breaker, event.at, breaker.ejections + 1, settings)
    case 'renewed':
      return { ...breaker, until: event.at + LEASE_MS }
    default:
      // The next call may try at once: this one was not the deployment's fault.
      return next(breaker, 'open', event.at, event.at, breaker.ejections)
  }
}

/** Whether an `asked` gave the lease of the probe. */
export function isLeased(before: Breaker, after: Breaker): boolean {
  return after !== before && after.phase === 'half-open'
}

/** How long the given ejection in a row lasts: twice the first time, for most outages are over then, and then twice as long each time. */
export function ejectionMs(ejections: number, { openForMs }: BreakerSettings): number {
  return Math.min(openForMs * 2 ** Math.max(0, ejections - 2), Math.max(openForMs, LONGEST_EJECTION_MS))
}

function asked(breaker: Breaker, at: number, now: boolean): Breaker {
  if (breaker.phase === 'closed') return breaker
  if (at >= breaker.until) return next(breaker, 'half-open', at, at + LEASE_MS, breaker.ejections)
  // A probe before its time, because nobody else is left: however often that fails, the ejection is as long as it was.
  const isEarly = now && breaker.phase === 'open'
  return isEarly ? next(breaker, 'half-open', at, at + LEASE_MS, Math.max(1, breaker.ejections - 1)) : breaker
}

function whileClosed(breaker: Breaker, event: BreakerEvent, settings: BreakerSettings): Breaker {
  if (event.type === 'succeeded') return breaker.failures === 0 ? breaker : { ...breaker, failures: 0 }
  if (event.type !== 'failed' && event.type !== 'tripped') return breaker
  const failures = breaker.failures + 1
  const isOver = event.type === 'tripped' || (settings.failures !== null && failures >= settings.failures)
  if (!isOver) return { ...breaker, failures }
  const last = breaker.ejections === 0 ? 0 : ejectionMs(breaker.ejections, settings)
  const isSoon = breaker.ejections > 0 && event.at - breaker.since <= last
  return eject(breaker, event.at, isSoon ? breaker.ejections + 1 : 1, settings)
}

function eject(breaker: Breaker, at: number, ejections: number, settings: BreakerSettings): Breaker {
  const failures = breaker.failures + 1
  return next({ ...breaker, failures }, 'open', at, at + ejectionMs(ejections, settings), ejections)
}

function next(
  { epoch, failures }: Breaker,
  phase: Breaker['phase'],
  since: number,
  until: number,
  ejections: number,
): Breaker {
  return { phase, epoch: epoch + 1, failures: phase === 'closed' ? 0 : failures, ejections, since, until }
}
