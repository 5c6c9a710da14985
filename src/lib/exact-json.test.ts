import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asNumber, parseExactJson, parseExactly } from './exact-json.ts'

describe('exact JSON', () => {
  it('gives back every whole number as it was written, however long', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt()), (numbers) => {
        const text = `{"at":[${numbers.join(',')}]}`
        expect(JSON.stringify(parseExactly(text))).toBe(text)
      }),
    )
  })

  it.each(['N', '-N', '{"id":N}', '{"id":-N}', '{"id": N }', '[1,N,2]', '[N]', '{"text":"id-9","id":\n\tN\n}'])(
    'finds such a number wherever JSON can have one: %j',
    (pattern) => {
      const digits = '1234567890123456789'
      expect(JSON.stringify(parseExactly(pattern.replace('N', digits)))).toContain(digits)
    },
  )

  it('is what JSON.parse gives for everything else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.stringify(parseExactly(text))).toBe(JSON.stringify(JSON.parse(text)))
      }),
    )
    expect(parseExactly('[1e300,0.1,"12345678901234567890"]')).toEqual([1e300, 0.1, '12345678901234567890'])
  })

  it('tells such a number as the nearest that there is', () => {
    expect(asNumber(parseExactJson('12345678901234567890'))).toBe(Number('12345678901234567890'))
    expect(asNumber(7)).toBe(7)
    expect(asNumber(undefined)).toBeUndefined()
  })

  it('is no JSON where JSON is none', () => {
    expect(parseExactJson('{"a":12345678901234567890')).toBeUndefined()
    expect(() => parseExactly('{')).toThrow(SyntaxError)
  })
})
