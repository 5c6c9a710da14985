import { GatewayError } from '../../errors/gateway-error.ts'

/**
 * What callers see of any failure of the database. The database's own words stay in the cause: they may name tables and hosts.
 * A GatewayError passes as it is.
 */
export function unavailable(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error
  return new GatewayError('ledger_unavailable', 'The ledger database is not available right now; try again shortly.', {
    cause: error,
    retryAfterSeconds: 1,
  })
}
