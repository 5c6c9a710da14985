/*
 * The first choice of a call is what others are a fallback and perhaps a downgrade from, also where policy passes it over before anybody is asked: a default that
 * is too dear, too small or too slow for a call is not silently replaced by a lesser model.
 *
 * It is the first deployment of the model that the task (or its rule, or the call) names. A canary is tried beside it and is never it. Of a model whose
 * strategy chooses, it is whichever was chosen: they are equals, and leaving some of them out changes nothing. Of one whose order counts, it is the first that
 * the call may use at all: what it must not have (its region, its plan, a kill switch) is not its choice while the same model has another.
 */
import { isLesser } from '../canonical/lesser.ts'
import { type Candidate, type Decision, isSkipped, type Skipped, skippedFrom } from './decision.ts'
import type { SkipReason } from './skip-reasons.ts'

type Considered = Candidate | Skipped

/** Why a call may not have a deployment, whatever it asks of it. */
const NOT_FOR_THIS_CALL: ReadonlySet<SkipReason> = new Set([
  'outside_region',
  'not_private',
  'model_not_allowed',
  'kill_switch_on',
])

/** The first choice among what was considered, in the order of the policy; null when there is none beside a canary. */
export function firstChoiceOf(considered: readonly Considered[]): Considered | null {
  const first = considered.find(isNoCanary)
  if (!first || first.role === 'escalation') return null
  if (!isSkipped(first)) return first
  const model = considered.filter(({ role, logicalName }) => role === first.role && logicalName === first.logicalName)
  if (!first.balance) return model.find((one) => !isSkipped(one) || !NOT_FOR_THIS_CALL.has(one.reason)) ?? first
  // Nobody was chosen: who is as good as the least of them is as good as what might have been.
  const least = (one: Considered, other: Considered) => (isLesser(one.deployment, other.deployment) ? other : one)
  return model.find((one) => !isSkipped(one)) ?? model.reduce(least)
}

function isNoCanary({ role }: Considered): boolean {
  return role !== 'canary'
}

/** The same, without those that are a downgrade from a first choice that was passed over. What others do when a first choice fails is seen when it does. */
export function withoutLesser(considered: readonly Considered[]): readonly Considered[] {
  const first = firstChoiceOf(considered)
  if (!first || !isSkipped(first)) return considered
  const detail = `it is of lower quality than ${first.deployment.id}, and the call does not allow a downgrade`
  return considered.map((one) => {
    if (isSkipped(one) || one.role === 'canary' || one.role === 'escalation') return one
    return isLesser(first.deployment, one.deployment) ? skippedFrom(one, 'downgrade_not_allowed', detail) : one
  })
}

/** The first choice of a call where another deployment was put in its place before anybody was asked; null where it stands. What a limit does is told as such. */
export function replacedChoice({ firstChoice, downgraded }: Decision): Skipped | null {
  return downgraded === null && isSkipped(firstChoice) ? firstChoice : null
}
