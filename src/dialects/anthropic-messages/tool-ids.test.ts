import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromWireToolId, toWireToolId } from './tool-ids.ts'

describe('ids of tool calls', () => {
  it('leaves an id in the alphabet alone', () => {
    expect(toWireToolId('toolu_01-Ab')).toBe('toolu_01-Ab')
    expect(fromWireToolId('toolu_01-Ab')).toBe('toolu_01-Ab')
    expect(fromWireToolId('hgid_!')).toBe('hgid_!')
  })

  it('spells every other id in the alphabet, always alike and readable again', () => {
    const anyId = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('', 'functions.search:0', 'hgid_', 'hgid_YQ', 'call|1'),
    )
    fc.assert(
      fc.property(anyId, (id) => {
        const wire = toWireToolId(id)
        expect(wire).toMatch(/^[a-zA-Z0-9_-]+$/)
        expect(toWireToolId(id)).toBe(wire)
        expect(fromWireToolId(wire)).toBe(id)
      }),
    )
  })
})
