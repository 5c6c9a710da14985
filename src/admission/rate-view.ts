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
export function tightest(
  takes: readonly { readonly limit: LimitRule }[],
  standings: readonly RateStanding[],
): readonly RateView[] {
  if (takes.length === 0) return NONE
  const requests = tightestOf('requests', takes, standings)
  const tokens = tightestOf('tokens', takes, standings)
  if (requests && tokens) return [requests, tokens]
  const only = requests ?? tokens
  return only ? [only] : NONE
}

const NONE: readonly RateView[] = []

function tightestOf(
  unit: RateView['unit'],
  takes: readonly { readonly limit: LimitRule }[],
  standings: readonly RateStanding[],
): RateView | null {
  let amount = 0
  let tight: RateStanding | null = null
  for (let index = 0; index < takes.length; index += 1) {
    const policy = takes[index]?.limit.policy
    const standing = standings[index]
    if (!standing || policy?.unit !== unit) continue
    const { remaining, resetMs } = standing
    if (tight && (remaining > tight.remaining || (remaining === tight.remaining && resetMs <= tight.resetMs))) continue
    tight = standing
    amount = policy.amount
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
