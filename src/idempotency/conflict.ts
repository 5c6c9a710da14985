import { GatewayError } from '../errors/gateway-error.ts'
import { differencesOf } from './fingerprint.ts'

/** After how many seconds a call that still runs is worth asking for again. */
const RETRY_AFTER_SECONDS = 1

/** The key was used for another call. */
export function anotherCall(stored: string, ours: string): GatewayError {
  return conflict(
    `This idempotency key was used for another call: ${differencesOf(stored, ours)} differ. Send a new key with a new call.`,
  )
}

/** The call still runs, and its reply cannot be shared. */
export function stillRunning(): GatewayError {
  const message =
    'The call with this idempotency key still runs, and a stream goes to one caller alone. Ask again when it has ended.'
  return new GatewayError('idempotency_conflict', message, { retryAfterSeconds: RETRY_AFTER_SECONDS })
}

/** Why a call that ended has no reply to give again. */
export type LostBecause = 'too_large' | 'may_have_acted'

const WHY: Readonly<Record<LostBecause, string>> = {
  too_large: 'its answer was too large to be kept (idempotency.max_reply)',
  may_have_acted: 'it was left before its end, and its tools may have acted by then',
}

/** The call ended, and there is no reply to give. */
export function nothingKept(because: LostBecause): GatewayError {
  return conflict(
    `The call with this idempotency key ran once and is not run again: ${WHY[because]}. Send a new key to run it again.`,
  )
}

function conflict(message: string): GatewayError {
  return new GatewayError('idempotency_conflict', message)
}
