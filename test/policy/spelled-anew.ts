import type { RandomCall, RandomPolicy } from './random-policy.ts'

/* The rules of routing, spelled out anew for policies by chance: nothing here knows how routes are decided. */

const PLACES: Readonly<Record<string, readonly (string | null)[]>> = { eu: ['eu', 'eu-west-1'], us: ['us'] }

/** Why this call may not have that provider, whatever it asks; null when it may. */
export function forbidden(policy: RandomPolicy, call: RandomCall, number: number): string | null {
  const provider = policy.providers[number]
  const tenant = policy.tenants[call.tenant]
  if (!provider || !tenant) return 'nobody knows it'
  if (tenant.region !== null && !PLACES[tenant.region]?.includes(provider.region)) return 'outside its region'
  if (call.sensitivity === 'restricted' && !provider.private) return 'restricted, and not private'
  return tenant.allowed && !tenant.allowed.includes(number) ? 'not allowed' : null
}

/** Who serves a call, and what is told of it. */
export interface ServedBy {
  readonly policy: RandomPolicy
  readonly call: RandomCall
  /** The rule of the task that fitted; null for none. */
  readonly ruleIndex: number | null
  /** The number of the provider. */
  readonly served: number
  /** Why it was not the first choice; null when nothing is said. */
  readonly fallback: string | null
  readonly isDowngrade: boolean
}

/** How a call was served, held against the model that the call, its task or the rule of its task names. */
export type Verdict = 'first choice' | 'another as good' | 'a lesser one, and told so' | { readonly wrong: string }

/** Judges a call that no limit sent elsewhere; null when it names a deployment. */
export function verdictOn({ policy, call, ruleIndex, served, fallback, isDowngrade }: ServedBy): Verdict | null {
  const task = typeof call.target === 'string' ? policy.tasks[Number(/^task(\d)$/.exec(call.target)?.[1])] : undefined
  const name = task ? (ruleIndex === null ? task.default : task.when[ruleIndex]?.use) : call.target
  const named = typeof name === 'string' ? policy.models[Number(name.slice(1))] : undefined
  if (!named) return null
  const { members, strategy } = named
  const isNamed = members.includes(served)
  if (!isNamed && fallback === null) return { wrong: 'another model than the one that is named, and no word of it' }
  const qualityOf = (number: number): number => policy.providers[number]?.quality ?? 0
  const first = members.find((number) => forbidden(policy, call, number) === null) ?? members[0] ?? 0
  const isBalanced = strategy !== 'priority'
  // Those that a strategy chooses from are equals.
  if (isBalanced && isNamed) return 'first choice'
  const floor = isBalanced ? Math.min(...members.map(qualityOf)) : qualityOf(first)
  if (qualityOf(served) >= floor) return isNamed ? 'first choice' : 'another as good'
  if (call.risk !== 'read_only') return { wrong: `a lesser model for a call of risk ${call.risk}` }
  return isDowngrade && fallback !== null ? 'a lesser one, and told so' : { wrong: 'a lesser model, and no word of it' }
}
