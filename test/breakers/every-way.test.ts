import { describe, expect, it } from 'vitest'
import { search } from './search.ts'
import { beginning, STEPS, type Steps } from './world.ts'

/*
 * Instances that share the breaker of one deployment, and every way that their messages can go. In no state have two calls leases that the board gave; a call that began
 * before an ejection never closes it; and whatever happened, when all is well again the breaker closes for all.
 */

const LONGEST_MS = 300_000
/** Of the larger worlds the states that are nearest to the beginning. */
const NEAREST = 60_000

describe('in every way that a small world can go', () => {
  it('one instance comes to be at peace with its board, though connections break, it dies and the board forgets', {
    timeout: LONGEST_MS,
  }, () => {
    const { states, wrong } = search(beginning({ instances: 1, failures: 1, faults: 1, isPlain: false }))
    console.log(`one instance: ${states.toLocaleString('en')} states, all of them`)
    expect(wrong).toBeNull()
    expect(states).toBeGreaterThan(5_000)
  })

  it.each([
    { instances: 2, failures: 1, faults: 0, isPlain: false },
    { instances: 2, failures: 2, faults: 1, isPlain: false },
    { instances: 3, failures: 1, faults: 0, isPlain: true },
  ])(
    '$instances instances have one probe, and end well ($failures failures, $faults faults)',
    { timeout: LONGEST_MS },
    (size) => {
      const { states, wrong } = search(beginning(size), STEPS, NEAREST)
      console.log(`${size.instances} instances: the nearest ${states.toLocaleString('en')} states`)
      expect(wrong).toBeNull()
      expect(states).toBeGreaterThanOrEqual(NEAREST)
    },
  )
})

describe('a search finds what is wrong', () => {
  const two = beginning({ instances: 2, failures: 1, faults: 0, isPlain: false })
  const bugs: readonly (readonly [string, string, Partial<Steps>])[] = [
    ['a board that takes every post', 'two calls have leases', { acceptedBy: () => true }],
    [
      'a lease that counts before the board said yes',
      'is not closed for all|two calls have leases|does not close',
      { answered: (copy, entry, at) => ({ ...STEPS.answered(copy, entry, at), breaker: copy.asked ?? copy.breaker }) },
    ],
    [
      'a result that counts in every epoch',
      'no probe closed|two probes|two calls',
      {
        reduce: (breaker, event, settings) =>
          STEPS.reduce(breaker, event.type === 'asked' ? event : { ...event, epoch: breaker.epoch }, settings),
      },
    ],
    ['an instance that never takes over what others posted', 'does not close|is not closed', { seen: (copy) => copy }],
  ]
  it.each(bugs)('%s', { timeout: LONGEST_MS }, (_, wrong, bug) => {
    expect(search(two, { ...STEPS, ...bug }, NEAREST).wrong?.what).toMatch(new RegExp(wrong))
  })
})
