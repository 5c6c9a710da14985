import { describe, expect, it } from 'vitest'
import { narrowSchema } from './json-schema.ts'

describe('narrowing a schema', () => {
  it('keeps what can be compiled', () => {
    const schema = {
      type: 'object',
      additionalProperties: false,
      required: ['kind'],
      $defs: { day: { type: 'string', format: 'date' } },
      properties: {
        kind: { const: 'a' },
        list: { type: 'array', minItems: 1, items: { $ref: '#/$defs/day' } },
        maybe: { anyOf: [{ type: 'null' }, { enum: ['x', 'y'] }] },
      },
    }
    expect(narrowSchema(schema, 's', (path) => expect(path).toBe('nothing'))).toEqual(schema)
  })

  it('moves every limit it cannot keep into the description and reports its path, at any depth', () => {
    const dropped: string[] = []
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 2, format: 'phone' },
        tags: { type: 'array', minItems: 3, items: { type: 'object', properties: {}, patternProperties: {} } },
        either: {
          oneOf: [
            { type: 'integer', maximum: 9 },
            { type: 'object', additionalProperties: { type: 'string' } },
          ],
        },
      },
    }
    const narrowed = narrowSchema(schema, 's', (path) => dropped.push(path))
    expect(narrowed).toEqual({
      type: 'object',
      additionalProperties: false,
      properties: {
        name: { type: 'string', description: '{"minLength":2,"format":"phone"}' },
        tags: {
          type: 'array',
          description: '{"minItems":3}',
          items: {
            type: 'object',
            properties: {},
            additionalProperties: false,
            description: '{"patternProperties":{}}',
          },
        },
        either: {
          anyOf: [
            { type: 'integer', description: '{"maximum":9}' },
            { type: 'object', additionalProperties: false },
          ],
        },
      },
    })
    expect(dropped.sort()).toEqual([
      's.properties.either.anyOf[0].maximum',
      's.properties.either.anyOf[1].additionalProperties',
      's.properties.name.format',
      's.properties.name.minLength',
      's.properties.tags.items.patternProperties',
      's.properties.tags.minItems',
    ])
    expect(schema.properties.name.minLength).toBe(2)
  })
})
