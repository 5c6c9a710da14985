import { GatewayError } from '../errors/gateway-error.ts'
import type { LoadView } from './load-watch.ts'

const BUSY_RETRY_SECONDS = 5
const OVERLOADED_RETRY_SECONDS = 2

/** Refuses what comes while this process can do no more. Before anything of the call is read, or refusing would cost as much as serving. */
export function refuseOverloaded(load: LoadView): void {
  if (load.level !== 'overloaded') return
  throw new GatewayError('queue_full', 'This gateway has more to do than it can; try again in a moment.', {
    retryAfterSeconds: OVERLOADED_RETRY_SECONDS,
    details: { load: load.level },
  })
}

/** Refuses what can wait while this process has much to do: calls of priority `low`. */
export function refuseLowPriority(load: LoadView, priority: string | null): void {
  if (load.level === 'normal' || priority !== 'low') return
  throw new GatewayError('queue_full', 'This gateway is busy and puts off calls of priority low; try again later.', {
    retryAfterSeconds: BUSY_RETRY_SECONDS,
    details: { load: load.level },
  })
}
