import type { ErrorCode } from '../errors/codes.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Decision, Skipped } from './decision.ts'
import type { SkipReason } from './skip-reasons.ts'

/** When one reason alone excluded everything, the error says that reason; otherwise it is `no_eligible_model`. */
const SOLE_REASON: Readonly<Partial<Record<SkipReason, readonly [code: ErrorCode, what: string]>>> = {
  model_not_allowed: ['model_not_allowed', 'This plan or key does not allow the model'],
  price_unknown: ['price_unknown', 'The price is not known, so the call cannot be held to a budget'],
  prompt_too_long: ['context_length_exceeded', 'The prompt is longer than the context window'],
}

/** What stops a call that others could have served: without the switch it would run, so the switch is the reason to name. */
const SWITCHED_OFF = ['kill_switch_on', 'What could serve this call is switched off'] as const

/** What nothing but the data itself excludes. */
const RESIDENT: ReadonlySet<SkipReason> = new Set(['outside_region', 'not_private'])
const VIOLATION = ['residency_violation', 'The data of this call may not go to any model that could serve it'] as const

/** What led to a refusal: as much of a decision as there is without a deployment. */
export type RouteOutline = Pick<Decision, 'task' | 'requestedModel' | 'rule' | 'trials' | 'considered' | 'deadlineMs'>

/** The refusal of a call that no deployment may serve. */
export class RouteRefusal extends GatewayError {
  readonly outline: RouteOutline

  constructor(error: GatewayError, outline: RouteOutline) {
    super(error.code, error.message, {
      param: 'model',
      ...(error.details === undefined ? {} : { details: error.details }),
    })
    this.outline = outline
  }
}

/** The error for a call that no deployment may serve, with the reason for each in `details`. */
export function refusalOf(skipped: readonly Skipped[]): GatewayError {
  const [first] = skipped
  const sole = first && skipped.every(({ reason }) => reason === first.reason) ? SOLE_REASON[first.reason] : undefined
  const violation = skipped.every(({ reason }) => RESIDENT.has(reason)) ? VIOLATION : undefined
  const switchedOff = skipped.some(({ reason }) => reason === 'kill_switch_on') ? SWITCHED_OFF : undefined
  const [code, what] =
    sole ?? violation ?? switchedOff ?? (['no_eligible_model', 'No model may serve this call'] as const)
  const reasons = skipped.map(({ deployment, detail }) => `${deployment.id}: ${detail}`)
  return new GatewayError(code, `${what}. ${reasons.join('; ')}.`, {
    param: 'model',
    details: {
      candidates: skipped.map(({ deployment, reason, detail }) => ({ deployment: deployment.id, reason, detail })),
    },
  })
}
