import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { excessOf } from './json-shape.ts'

const ROOMY = { depth: 1_000_000, entries: 1_000_000 }
const parsed = (text: string): unknown => JSON.parse(text)

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function entriesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const inner = Object.values(value)
  return inner.length + inner.reduce((sum: number, one) => sum + entriesOf(one), 0)
}

describe('the shape of a value', () => {
  it('is within its own depth and its own number of entries, and passes anything less', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const own = { depth: depthOf(value), entries: entriesOf(value) }
        expect(excessOf(value, own)).toBeNull()
        if (own.depth > 0) expect(excessOf(value, { ...own, depth: own.depth - 1 })).toBe('depth')
        if (own.entries > 0) expect(excessOf(value, { ...ROOMY, entries: own.entries - 1 })).toBe('entries')
      }),
    )
  })

  it('is judged no deeper than the limit, however deep the value is', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const deep = parsed(`${open.repeat(200_000)}1${close.repeat(200_000)}`)
      expect(excessOf(deep, { depth: 64, entries: 100 })).toBe('depth')
    }
  })

  it('counts a key that would be the prototype like any other', () => {
    expect(excessOf(parsed('{"__proto__":{"a":[]}}'), { depth: 2, entries: 9 })).toBe('depth')
    expect(excessOf(parsed('{"__proto__":{"a":1}}'), { depth: 2, entries: 1 })).toBe('entries')
  })

  it('is not judged further than its limits', () => {
    const wide = parsed(`[${'{},'.repeat(500_000)}{}]`)
    expect(excessOf(wide, { depth: 64, entries: 1_000 })).toBe('entries')
  })
})
