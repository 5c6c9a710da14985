import { describe, expect, it } from 'vitest'
import { fuzz } from './fuzz.ts'
import { TARGETS, type Target } from './targets.ts'

/* A slice of `npm run fuzz`, with another seed each time; a finding names its own. */

const TRIES = 1_000

describe('what others wrote, broken by chance', () => {
  it.each(TARGETS.map((target) => [target.name, target] as const))(
    '%s: is read, or refused in our own words',
    (_, target) => {
      const seed = String(Math.floor(Math.random() * 1e9))
      expect(fuzz(seed, (tries) => tries < TRIES, [target]).findings).toEqual([])
    },
  )

  it('a try that throws is found, and its seed repeats it', () => {
    const touchy: Target = {
      name: 'touchy',
      run: (random) => {
        if (random.next() < 0.1) throw new Error('ouch')
      },
    }
    const { findings } = fuzz('any', (tries) => tries < 100, [touchy])
    expect(findings.length).toBeGreaterThan(0)
    expect(findings[0]?.what).toContain('ouch')
    expect(fuzz('any', (tries) => tries < 100, [touchy]).findings.map(({ seed }) => seed)).toEqual(
      findings.map(({ seed }) => seed),
    )
  })
})
