import { describe, expect, it } from 'vitest'
import { search } from './search.ts'
import { CREDITED, CROWDED, DOUBTFUL, ONE_FAULT, RESTLESS, SECOND, SHORT } from './worlds.ts'

/*
 * Small worlds, every way they can go: calls come and end, messages overtake one another, get lost or come late, instances crash, fall silent and are
 * buried, at every point. In each state no budget may be passed; at each end nothing may be held, every attempt has its one row, and the books say
 * what the rows say.
 */

const LONGEST_MS = 600_000

describe('in every way that a small world can go, the books stay right', () => {
  it.each([SHORT, CREDITED, SECOND, CROWDED, RESTLESS, DOUBTFUL, ONE_FAULT])(
    '$name',
    { timeout: LONGEST_MS },
    (world) => {
      const { states, ends, wrong } = search(world)
      console.log(`${world.name}: ${states.toLocaleString('en')} states, ${ends.toLocaleString('en')} ends`)
      expect(wrong).toBeNull()
      expect(states).toBeGreaterThan(1_000)
      expect(ends).toBeGreaterThan(10)
    },
  )
})
