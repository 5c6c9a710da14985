import { amounts, type SmallCall, type SmallWorld } from './small-world.ts'

/*
 * The worlds that are walked through whole. Each asks one question, and is as small as the question allows.
 */

const onA: SmallCall = { instance: 0, holds: amounts(2, 2), more: null, spends: amounts(1, 1) }
const onB: SmallCall = { ...onA, instance: 1 }
const growing: SmallCall = { ...onA, more: amounts(1, 1), spends: amounts(3, 3) }
const PLAIN = { cushion: 0n, idle: 'at the end', ages: false, faults: 0, trouble: 'instances too', credits: 0 } as const

/** Three calls on two instances that have a little too little money, and nothing goes wrong. */
export const CROWDED: SmallWorld = {
  ...PLAIN,
  name: 'three calls, two instances, too little money',
  calls: [onA, onB, growing],
  limits: [5n, 5n, 4n],
  cushion: 1n,
}

/** Three calls, of which one message is lost or late, or one instance crashes or is taken for dead, at every point there is. */
export const ONE_FAULT: SmallWorld = {
  ...PLAIN,
  name: 'three calls, two instances, one fault anywhere',
  calls: [onA, onB, onA],
  limits: [4n, 5n, 5n],
  faults: 1,
}

/** Idle money may go back at any time, answered recalls are forgotten, and one thing goes wrong. */
export const RESTLESS: SmallWorld = {
  ...PLAIN,
  name: 'two calls, money that comes and goes, one fault',
  calls: [onA, { ...growing, instance: 1 }],
  limits: [5n, 5n, 4n],
  idle: 'any time',
  faults: 1,
}

/** Two calls of which one must be refused, and one thing goes wrong. */
export const SHORT: SmallWorld = {
  ...PLAIN,
  name: 'two calls and one fault',
  calls: [onA, onB],
  limits: [4n, 4n, 3n],
  faults: 1,
}

/** Two calls that wait for each other's idle money, and an operator who gives credit. */
export const CREDITED: SmallWorld = {
  ...PLAIN,
  name: 'two calls and a credit',
  calls: [onA, onB],
  limits: [4n, 4n, 3n],
  cushion: 1n,
  credits: 1,
}

/** Two messages are lost or late, and nobody dies: what is doubtful then must not be lent twice. */
export const DOUBTFUL: SmallWorld = {
  ...PLAIN,
  name: 'three calls, two messages that are lost or late',
  calls: [onA, onA, { ...onB, holds: amounts(3, 3), spends: amounts(3, 3) }],
  limits: [9n, 4n, 9n],
  faults: 2,
  trouble: 'messages',
}

/** Two calls of one instance wait together, and the second needs more than the first; the other instance leaves money idle. */
export const SECOND: SmallWorld = {
  ...PLAIN,
  name: 'two that wait together, and idle money elsewhere',
  calls: [
    onB,
    { ...onA, holds: amounts(1, 1), spends: amounts(1, 1) },
    { ...onA, comesWith: 1, holds: amounts(2, 2), spends: amounts(2, 2) },
  ],
  limits: [9n, 4n, 9n],
  cushion: 1n,
}
