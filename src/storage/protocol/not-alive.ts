import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject } from '../../lib/json.ts'

/** The answer to an instance that the ledger does not count among the living: its slices are gone. */
export function notAlive(instanceId: string): GatewayError {
  return new GatewayError(
    'ledger_unavailable',
    `The instance ${instanceId} is unknown to the ledger or was declared dead; it must start again under a new id.`,
    { details: { buried: true } },
  )
}

/** Whether an error says that the instance was buried. */
export function isBuried(error: unknown): boolean {
  return error instanceof GatewayError && isObject(error.details) && error.details.buried === true
}
