import { spread } from '../../lib/spread.ts'
import type { Strategy } from './strategy.ts'

/**
 * Each gets its part of the calls. Rendezvous hashing with weights: every choice draws a number of its own for the call, and the smallest is first. So a choice
 * that comes or goes moves no call but those that it takes or leaves, and what takes over is spread by weight too.
 */
export const weighted: Strategy = {
  name: 'weighted',
  order(choices, { seed }) {
    const draws = new Map(choices.map((choice) => [choice, drawn(`${seed} ${choice.id}`, choice.weight)]))
    return choices.toSorted((one, other) => compare(draws.get(one) ?? 0, draws.get(other) ?? 0))
  },
}

/** Exponentially distributed with the weight as its rate: the least of several is each one's as often as its weight says. */
function drawn(text: string, weight: number): number {
  return weight > 0 ? -Math.log(1 - spread(text)) / weight : Number.POSITIVE_INFINITY
}

/** Infinities are equal: those of no weight stay in the order they are written in. */
function compare(one: number, other: number): number {
  return one === other ? 0 : one < other ? -1 : 1
}
