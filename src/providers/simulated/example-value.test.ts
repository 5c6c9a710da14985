import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { isObject, type JsonValue } from '../../lib/json.ts'
import { exampleValue } from './example-value.ts'
import { hashText, seededRandom } from './random.ts'

const example = (schema: JsonValue, seed = 'a'): JsonValue => exampleValue(schema, seededRandom(hashText(seed)))

const person = z.object({
  name: z.string().min(3).max(12),
  age: z.int().min(18).max(120),
  height: z.number().gt(0).lt(3),
  email: z.email().optional(),
  role: z.enum(['reader', 'writer']),
  kind: z.literal('person'),
  tags: z.array(z.string()).min(1).max(3),
  manager: z.union([z.object({ id: z.uuid() }), z.null()]),
  active: z.boolean(),
})

describe('an example value', () => {
  it('satisfies a schema of the simple kind, whatever the chance', () => {
    const schema = z.toJSONSchema(person, { target: 'draft-7' }) as JsonValue
    fc.assert(
      fc.property(fc.string(), (seed) => {
        expect(person.safeParse(example(schema, seed)).error?.issues ?? []).toEqual([])
      }),
    )
  })

  it.each<[JsonValue, JsonValue]>([
    [{ type: 'integer', minimum: 7, maximum: 7 }, 7],
    [{ type: 'number', exclusiveMinimum: 0, multipleOf: 0.5, maximum: 0.5 }, 0.5],
    [{ type: ['null', 'boolean'], const: false }, false],
    [{ type: 'string', default: 'as given' }, 'as given'],
    [{ type: 'string', maxLength: 4 }, 'simu'],
    [{ type: 'array', items: { const: 1 }, minItems: 3, maxItems: 3 }, [1, 1, 1]],
    [{ required: ['loose'], properties: {}, type: 'object' }, { loose: 'simulated loose' }],
    [{ $ref: '#/$defs/word', $defs: { word: { const: 'w' } } }, 'w'],
    [{ allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] }, { a: 1, b: 2 }],
  ])('of %j is %j', (schema, value) => {
    expect(example(schema)).toEqual(value)
  })

  it('is the same for the same seed', () => {
    const schema: JsonValue = { type: 'array', items: { type: 'integer' }, minItems: 20 }
    expect(example(schema, 'x')).toEqual(example(schema, 'x'))
    expect(example(schema, 'x')).not.toEqual(example(schema, 'y'))
  })

  it.each<[string, JsonValue]>([
    ['requires itself', { $ref: '#' }],
    [
      'requires itself five times over',
      {
        type: 'object',
        required: ['a', 'b', 'c', 'd', 'e'],
        properties: { a: { $ref: '#' }, b: { $ref: '#' }, c: { $ref: '#' }, d: { $ref: '#' }, e: { $ref: '#' } },
      },
    ],
    ['asks for endless lists', { type: 'array', minItems: 1e9, items: { $ref: '#' } }],
    ['is not a schema', [1, 2, 3]],
  ])('stays small when a schema %s', (_what, schema) => {
    expect(JSON.stringify(example(schema)).length).toBeLessThan(100_000)
  })

  it('may hold a property called __proto__ without changing any prototype', () => {
    const schema = JSON.parse('{"type":"object","properties":{"__proto__":{"const":"own"}}}') as JsonValue
    const value = example(schema)
    expect(isObject(value) && Object.getOwnPropertyDescriptor(value, '__proto__')?.value).toBe('own')
    expect(({} as { own?: string }).own).toBeUndefined()
  })
})
