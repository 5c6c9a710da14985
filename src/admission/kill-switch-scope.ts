import { CALL_VALUES, type CallSubject } from '../access/context.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { nearestName } from '../lib/edit-distance.ts'
import { isObject } from '../lib/json.ts'
import type { KillScope } from '../storage/contracts/kill-switch-store.ts'

/** What of a call a switch is matched by, whatever model serves it. */
export interface KillSubject extends CallSubject {
  /** The task whose policy applies, else the call's own label: a task may be called by its name as the model, and then the call has no label. */
  readonly task: string | null
}

/** A deployment on a call's route. */
export interface KillTarget {
  /** The logical model it stands for. */
  readonly logicalName: string
  readonly deployment: {
    readonly id: string
    readonly model: string
    readonly endpoint: { readonly provider: string }
  }
}

/** Values of a call by the names that scopes have for them; null where the call has none. */
export const CALL_SCOPES: Readonly<Record<string, (subject: KillSubject) => string | null>> = CALL_VALUES

/** Names of a deployment by the names that scopes have for them: a model goes by its logical, its upstream and its full name. */
export const TARGET_SCOPES: Readonly<Record<string, (target: KillTarget) => readonly string[]>> = {
  model: ({ logicalName, deployment }) => [logicalName, deployment.model, deployment.id],
  provider: ({ deployment }) => [deployment.endpoint.provider],
}

/** Every name that a scope may have, beside `total`. */
export const KILL_SCOPES: readonly string[] = [...Object.keys(CALL_SCOPES), ...Object.keys(TARGET_SCOPES)]

const NAMES = [...KILL_SCOPES, 'total']
const LONGEST_VALUE = 256

/** Reads a scope as operators write it: `{ tenant: "acme" }`, several names at once, or `{ total: true }`. Throws GatewayError `invalid_request`. */
export function readKillScope(written: unknown): KillScope {
  if (!isObject(written) || Object.keys(written).length === 0) {
    throw wrong('scope', `must say what to switch off: { "total": true }, or one or more of ${NAMES.join(', ')}`)
  }
  if (Object.hasOwn(written, 'total')) {
    if (written.total === true && Object.keys(written).length === 1) return { total: true }
    throw wrong('scope.total', 'must be true, and stands alone: it switches off every call')
  }
  const scope: Record<string, string> = {}
  for (const [name, value] of Object.entries(written)) {
    if (!NAMES.includes(name)) throw wrong(`scope.${name}`, `is not a scope${hint(name)}`)
    if (typeof value !== 'string' || value === '' || value.length > LONGEST_VALUE) {
      throw wrong(`scope.${name}`, `must be text of 1 to ${LONGEST_VALUE} characters`)
    }
    scope[name] = value
  }
  return scope
}

function hint(name: string): string {
  const nearest = nearestName(name, NAMES)
  return nearest === undefined ? `; there are ${NAMES.join(', ')}` : `; did you mean ${nearest}?`
}

function wrong(param: string, what: string): GatewayError {
  return new GatewayError('invalid_request', `${param} ${what}.`, { param })
}
