import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from './json.ts'
import { editTopLevel } from './json-edit.ts'
import { duplicateKey, membersOf } from './json-members.ts'

function edit(body: string, set: JsonObject, remove: string[] = []): string {
  return editTopLevel(Buffer.from(body), { set, remove }).toString()
}

describe('editing the top level', () => {
  test('everything that is not named keeps its bytes: number spelling, white space, key order', () => {
    const body = '{ "b" : 1.0,\n\t"model":"a" , "id": 9007199254740993, "t": 1E+2, "s":"\\u00e9/\\/" }\n'
    expect(edit(body, { model: 'openai/x' })).toBe(body.replace('"a"', '"openai/x"'))
  })

  test.each([
    ['{}', { a: 1 }, [], '{"a":1}'],
    ['{ }', { a: 1 }, [], '{"a":1 }'],
    ['{"a":1}', { b: [2], c: 'ü' }, [], '{"a":1,"b":[2],"c":"ü"}'],
    ['{"a":1, "b":2, "c":3 }', {}, ['a'], '{"b":2, "c":3 }'],
    ['{"a":1, "b":2, "c":3 }', {}, ['b'], '{"a":1, "c":3 }'],
    ['{"a":1, "b":2, "c":3 }', {}, ['c'], '{"a":1, "b":2 }'],
    ['{"a":1, "b":2, "c":3 }', {}, ['b', 'c'], '{"a":1 }'],
    ['{ "a":1, "b":2 }', {}, ['a', 'b'], '{  }'],
    ['{"a":1,"b":2}', { d: 4 }, ['a', 'b'], '{"d":4}'],
    ['{"a":1,"b":2}', { a: 5, d: 4 }, ['b'], '{"a":5,"d":4}'],
    ['{"a":1}', { a: 2 }, ['a'], '{}'],
  ])('%s with %j without %j', (body, set, remove, wanted) => {
    expect(edit(body, set, remove)).toBe(wanted)
  })

  test('only the outermost object is changed', () => {
    const body = '{"x":{"model":1},"y":["model",{"model":"\\"}"}],"model":2}'
    expect(edit(body, { model: 3 })).toBe(body.replace('"model":2', '"model":3'))
  })

  test('keys are compared as they read, and every occurrence is changed', () => {
    expect(edit('{"mod\\u0065l":1,"model":2}', { model: 3 })).toBe('{"mod\\u0065l":3,"model":3}')
    expect(edit('{"mod\\u0065l":1,"b":0,"model":2}', {}, ['model'])).toBe('{"b":0}')
  })

  test('nothing to change gives the very same buffer', () => {
    const body = Buffer.from('{"a":1}')
    expect(editTopLevel(body, { set: {}, remove: ['b'] })).toBe(body)
  })

  test('names that objects inherit are ordinary keys', () => {
    expect(edit('{"constructor":1,"__proto__":2}', { model: 'a' })).toBe('{"constructor":1,"__proto__":2,"model":"a"}')
  })

  test('depth costs no stack', () => {
    const deep = '['.repeat(200_000) + ']'.repeat(200_000)
    expect(edit(`{"x":${deep},"model":1}`, { model: 2 })).toBe(`{"x":${deep},"model":2}`)
  })

  test('what the edited bytes say is the object edited, however it was written', () => {
    const key = fc.oneof(fc.constantFrom('model', 'a', 'metadata', ''), fc.string({ unit: 'binary' }))
    const json = fc.dictionary(key, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 })
    const indent = fc.constantFrom('', '\t', '  ')
    fc.assert(
      fc.property(json, json, fc.array(key, { maxLength: 4 }), indent, (object, set, remove, space) => {
        const wanted = structuredClone({ ...object, ...set })
        for (const name of remove) delete wanted[name]
        expect(JSON.parse(edit(JSON.stringify(object, null, space), set as JsonObject, remove))).toEqual(
          JSON.parse(JSON.stringify(wanted)),
        )
      }),
      { numRuns: 500 },
    )
  })

  test('strings end where they end, whatever they hold', () => {
    const piece = fc.constantFrom('\\', '"', 'é', 'a', '\n', '{', '}', ',', 'x'.repeat(60))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), fc.array(piece, { maxLength: 12 }), (first, second) => {
        const object = { [`k${first.join('')}`]: second.join(''), model: 1, nested: [first.join('')] }
        expect(JSON.parse(edit(JSON.stringify(object), { model: 2 }))).toEqual({ ...object, model: 2 })
      }),
      { numRuns: 500 },
    )
  })

  test.each(['', '[]', '{', '{"a"', '{"a":', '{"a":}', '{"a":1', '{"a":[1}', '{"a":"x}', '{"a" 1}', '{"a":1 "b":2}'])(
    '%j is refused as no object',
    (body) => {
      expect(() => edit(body, { model: 1 })).toThrow(SyntaxError)
    },
  )
})

describe('keys that stand twice', () => {
  const keys = new Set(['model', 'stream'])

  test.each([
    ['{"model":1,"stream":2}', null],
    ['{"model":1,"a":1,"a":2}', null],
    ['{"model":1,"x":{"model":2},"y":[{"model":3}]}', null],
    ['{"model":1,"a":{"b":"model"},"model":2}', 'model'],
    ['{"mod\\u0065l":1,"model":2}', 'model'],
    ['{"stream":1,"model":1,"\\u0073tream":2}', 'stream'],
  ])('%s', (body, wanted) => {
    expect(duplicateKey(membersOf(Buffer.from(body)), keys)).toBe(wanted)
  })
})

describe('finding members with the text at hand', () => {
  test('the same are found in every text', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('\\', '"', '\\"', '{"a":["}"]'))
    const json = fc.dictionary(text, fc.oneof(text, fc.array(text), fc.dictionary(text, text)), { maxKeys: 5 })
    fc.assert(
      fc.property(json, (value) => {
        const written = JSON.stringify(value)
        const body = Buffer.from(written)
        expect(membersOf(body, written)).toEqual(membersOf(body))
      }),
    )
  })

  test('how deep the object is, is found on the way', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0
    const json = fc.dictionary(fc.constantFrom('a', '{[', '"'), fc.jsonValue({ maxDepth: 5 }), { maxKeys: 3 })
    fc.assert(
      fc.property(json, (value) => {
        expect(membersOf(Buffer.from(JSON.stringify(value))).levels).toBe(depthOf(value))
      }),
    )
  })

  test('keys read the same, long or short, whatever is in them', () => {
    const key = 'ä'.repeat(7) + 'x'.repeat(20)
    const body = Buffer.from(JSON.stringify({ [key]: 1, [`${key}"`]: 2 }))
    expect(membersOf(body, body.toString()).list.map((member) => member.key)).toEqual([key, `${key}"`])
  })

  test('bytes that are no UTF-8 move nothing', () => {
    const body = Buffer.from('{"a":"\xff\xfe\\"\xff","b":{"c":"\xc3"},"d":"\xe9\xff\\\\"}', 'latin1')
    expect(membersOf(body, body.toString())).toEqual(membersOf(body))
  })

  test('a string that does not end is refused', () => {
    const body = Buffer.from('{"a":"b\\"}')
    expect(() => membersOf(body, body.toString())).toThrow(SyntaxError)
  })
})
