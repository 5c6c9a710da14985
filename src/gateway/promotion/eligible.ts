import { TARGET_SCOPES } from '../../admission/kill-switch-scope.ts'
import { UNKNOWN_VERSION } from '../../money/ceiling.ts'
import { isGuessed } from '../../money/price-guess.ts'
import { isAllowed } from '../../policy/allowed-models.ts'
import type { Policy, Step } from '../../policy/policy.ts'
import type { TenantLimits } from '../../policy/policy-input.ts'
import { liesIn, placeOf } from '../../policy/residency.ts'
import type { KillSwitchRow } from '../../storage/contracts/kill-switch-store.ts'
import { scopeText } from '../../storage/protocol/scope-text.ts'

/** Where a model would become the default. */
export interface Post {
  readonly task: string
  readonly policy: Pick<Policy, 'tenants'>
  /** Those that are on. */
  readonly switches: readonly KillSwitchRow[]
}

/** The deployments that a name stands for. */
export function stepsOf({ models, deployment }: Pick<Policy, 'models' | 'deployment'>, name: string): readonly Step[] {
  const logical = models.get(name)
  if (logical) return logical
  const direct = deployment(name)
  return direct ? [{ deployment: direct, logicalName: name, role: 'default' }] : []
}

/** The deployments among which its calls are shared out; those that are there for when one fails are not among them. */
export function servingSteps(steps: readonly Step[]): readonly Step[] {
  const [first] = steps
  return first && first.balance === undefined ? [first] : steps
}

/**
 * Why a model may not become the default in another's place, in words; null when it may. Each call is looked at for itself in any case; this is so that nobody who had
 * the default loses their first choice by it.
 */
export function whyNotPromoted(from: readonly Step[], to: readonly Step[], post: Post): string | null {
  const unpriced = to.find(({ deployment }) => !isPriceKnown(deployment.price?.version))
  if (unpriced) return `the price of ${unpriced.deployment.id} is not known`
  const switched = whySwitchedOff(to, post)
  if (switched !== null) return switched
  const isPrivate = ({ deployment }: Step): boolean => deployment.endpoint.private === true
  if (from.some(isPrivate) && !to.some(isPrivate)) return 'calls with restricted data could not go there'
  for (const [tenant, limits] of post.policy.tenants) {
    const serves = (step: Step): boolean => mayServe(step, limits, post.task)
    if (from.some(serves) && !to.some(serves)) return `the tenant ${tenant} may not use it, and uses the default`
  }
  return null
}

/** Which switch keeps a model from being made the default, in words; null for none. Switches for a part of the calls count too. */
export function whySwitchedOff(steps: readonly Step[], { task, switches }: Post): string | null {
  const found = switches.find(({ scope }) => scope.total === true || scope.task === task || steps.some(isIn(scope)))
  return found ? `it is switched off (${scopeText(found.scope)})` : null
}

function isIn(scope: KillSwitchRow['scope']): (step: Step) => boolean {
  return (step) =>
    Object.entries(TARGET_SCOPES).some(([name, namesOf]) => {
      const value = scope[name]
      return typeof value === 'string' && namesOf(step).includes(value)
    })
}

function mayServe(step: Step, { region = null, allowedModels }: TenantLimits, task: string): boolean {
  return (region === null || liesIn(placeOf(step.deployment), region)) && isAllowed(allowedModels, step, task)
}

/** A price by which an unknown one is counted is none that can be compared, nor is one that was found by the shape of a name. */
function isPriceKnown(version: string | undefined): boolean {
  return version !== undefined && version !== UNKNOWN_VERSION && !isGuessed(version)
}
