import type { LeaveSignal } from '../lib/leave-signal.ts'
import { GatewayError } from './gateway-error.ts'

/** The error of a call whose signal was aborted. Who is sent away by the gateway itself is told why: then the reason is an error of ours. */
export function callerLeft({ reason }: Pick<LeaveSignal, 'reason'>): GatewayError {
  return reason instanceof GatewayError ? reason : new GatewayError('client_closed', 'The caller left.')
}
