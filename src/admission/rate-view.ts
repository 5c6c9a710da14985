import type { RateStanding } from '../storage/contracts/limit-store.ts'
import type { LimitRule } from './limit-rule.ts'

/** How a rate stands, as callers are told. */
export interface RateView {
  readonly unit: 'requests' | 'tokens'
  readonly limit: number
  readonly remaining: number
  readonly resetMs: number
}

/** The tightest rate of each unit: the one of which least is left, and of two such the one that takes longer to come back. */
export function tightest(rules: readonly LimitRule[], standings: readonly RateStanding[]): readonly RateView[] {
  const found: RateView[] = []
  for (const unit of UNITS_OF_RATES) {
    const tight = tightestOf(unit, rules, standings)
    if (tight) found.push(tight)
  }
  return found
}

const UNITS_OF_RATES = ['requests', 'tokens'] as const

function tightestOf(
  unit: RateView['unit'],
  rules: readonly LimitRule[],
  standings: readonly RateStanding[],
): RateView | null {
  let amount = 0
  let tight: RateStanding | null = null
  for (let index = 0; index < rules.length; index += 1) {
    const rule = rules[index]
    const standing = standings[index]
    if (!standing || rule?.policy.unit !== unit) continue
    const { remaining, resetMs } = standing
    if (tight && (remaining > tight.remaining || (remaining === tight.remaining && resetMs <= tight.resetMs))) continue
    tight = standing
    amount = rule.policy.amount
  }
  return tight && { unit, limit: amount, remaining: tight.remaining, resetMs: tight.resetMs }
}

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
] as const

/** A time as OpenAI writes it in its headers: `6m0s`, `1.5s`, `120ms`. */
export function resetText(ms: number): string {
  if (ms > 0 && ms < 1000) return `${ms}ms`
  let text = ''
  let rest = ms
  for (const [name, size] of UNITS) {
    if (text !== '' || rest >= size) text += `${Math.floor(rest / size)}${name}`
    rest %= size
  }
  return `${text}${rest / 1000}s`
}
