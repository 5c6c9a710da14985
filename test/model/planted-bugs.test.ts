import { describe, expect, it } from 'vitest'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { PLANTED_INSTANCE_BUGS } from './planted-bugs-of-instances.ts'
import { search } from './search.ts'

const LONGEST_MS = 120_000

describe('a bug that is planted in the ledger is caught', () => {
  it.each(PLANTED_BUGS)('$name', { timeout: LONGEST_MS }, ({ world, steps }) => {
    const { wrong } = search(world, { steps })
    expect(wrong?.what).toEqual(expect.any(String))
  })
})

describe('a bug that is planted in an instance is caught', () => {
  it.each(PLANTED_INSTANCE_BUGS)('$name', { timeout: LONGEST_MS }, ({ world, side }) => {
    const { wrong } = search(world, { side })
    expect(wrong?.what).toEqual(expect.any(String))
  })
})

describe('planted bugs', () => {
  it('are enough of them to tell', () => {
    const names = new Set([...PLANTED_BUGS, ...PLANTED_INSTANCE_BUGS].map(({ name }) => name))
    expect(names.size).toBe(PLANTED_BUGS.length + PLANTED_INSTANCE_BUGS.length)
    expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(25)
    expect(PLANTED_INSTANCE_BUGS.length).toBeGreaterThanOrEqual(15)
  })
})
