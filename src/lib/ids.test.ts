import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chanceBase32, chanceHex } from './chance.ts'
import { newId } from './ids.ts'

describe('ids', () => {
  test('a newer id sorts after an older one, whatever chance says', () => {
    const instants = fc.integer({ min: 0, max: 4_000_000_000_000 })
    fc.assert(
      fc.property(instants, instants, (one, other) => {
        if (one === other) return
        const [older, newer] = [newId('at', Math.min(one, other)), newId('at', Math.max(one, other))]
        expect(older < newer).toBe(true)
      }),
    )
  })

  test('they are a prefix, nine characters of time and sixteen of chance, and no two are the same', () => {
    const ids = Array.from({ length: 5_000 }, () => newId('at', 1_764_000_000_000))
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^at_[0-9a-hjkmnp-tv-z]{25}$/)
  })
})

describe('chance', () => {
  test('sizes that leave a rest of the supply never give a character twice', () => {
    const sizes = fc.array(fc.integer({ min: 16, max: 600 }), { minLength: 100, maxLength: 300 })
    fc.assert(
      fc.property(sizes, (digits) => {
        const given = digits.map((size) => chanceHex(size))
        expect(given.map((text) => text.length)).toEqual(digits)
        const starts = given.map((text) => text.slice(0, 16))
        expect(new Set(starts).size).toBe(starts.length)
      }),
    )
  })

  test('every character of the alphabet comes', () => {
    expect([...new Set(chanceHex(4_096))].sort().join('')).toBe('0123456789abcdef')
    expect(new Set(chanceBase32(4_096)).size).toBe(32)
  })

  test('more than is drawn at once is refused', () => {
    expect(() => chanceHex(4_097)).toThrow(RangeError)
  })
})
