import type { Strategy } from './strategy.ts'

/** What costs least is first: by the worst case of this call, for an answer of the same length everywhere. Equal ones stay in the order they are written in. */
export const cheapest: Strategy = {
  name: 'cheapest',
  order: (choices) => choices.toSorted((one, other) => (one.cost === other.cost ? 0 : one.cost < other.cost ? -1 : 1)),
}
