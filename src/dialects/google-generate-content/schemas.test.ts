import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { narrowSchema } from './json-schema.ts'
import { fromOpenApi } from './open-api-schema.ts'
import { encodeTools } from './tools.ts'

function narrow(schema: JsonObject) {
  const dropped: string[] = []
  return { schema: narrowSchema(schema, 's', (path) => dropped.push(path)), dropped }
}

describe('a schema in Google’s OpenAPI', () => {
  it('means the same as a JSON Schema', () => {
    expect(
      fromOpenApi({
        type: 'OBJECT',
        propertyOrdering: ['a', 'b'],
        required: ['a'],
        properties: {
          a: { type: 'STRING', format: 'enum', enum: ['x', 'y'], nullable: true, max_length: '5' },
          b: {
            type: 'ARRAY',
            minItems: '1',
            items: { anyOf: [{ type: 'INTEGER', format: 'int32' }, { type: 'NULL' }] },
          },
        },
      }),
    ).toEqual({
      type: 'object',
      propertyOrdering: ['a', 'b'],
      required: ['a'],
      properties: {
        a: { type: ['string', 'null'], enum: ['x', 'y', null], maxLength: 5 },
        b: { type: 'array', minItems: 1, items: { anyOf: [{ type: 'integer' }, { type: 'null' }] } },
      },
    })
  })

  it('keeps the names of properties as they are', () => {
    expect(fromOpenApi({ type: 'OBJECT', properties: { snake_case: { type: 'STRING' } } })).toEqual({
      type: 'object',
      properties: { snake_case: { type: 'string' } },
    })
  })
})

describe('a JSON Schema', () => {
  it('that Google enforces goes as it is', () => {
    const schema: JsonObject = {
      type: 'object',
      properties: { a: { type: ['string', 'null'] }, b: { $ref: '#/$defs/B' }, c: { oneOf: [{ type: 'number' }] } },
      required: ['a'],
      additionalProperties: false,
      $defs: { B: { type: 'array', prefixItems: [{ type: 'integer', minimum: 0 }], maxItems: 3 } },
    }
    expect(narrow(schema)).toEqual({ schema, dropped: [] })
  })

  it('says constants as lists of one, old definitions as new ones, and nothing beside a reference', () => {
    expect(
      narrow({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        properties: { a: { const: 'x' }, b: { $ref: '#/definitions/B', description: 'Why.' } },
        definitions: { B: { allOf: [{ type: 'string' }] } },
      }),
    ).toEqual({
      schema: {
        properties: { a: { enum: ['x'] }, b: { description: 'Why.', anyOf: [{ $ref: '#/$defs/B' }] } },
        $defs: { B: { anyOf: [{ type: 'string' }] } },
      },
      dropped: [],
    })
  })

  it('moves limits that Google does not know into the description, and reports them', () => {
    expect(
      narrow({ type: 'object', properties: { a: { type: 'string', pattern: '^x', description: 'An a.' } } }),
    ).toEqual({
      schema: { type: 'object', properties: { a: { type: 'string', description: 'An a.\n\n{"pattern":"^x"}' } } },
      dropped: ['s.properties.a.pattern'],
    })
    expect(narrow({ const: null, not: {} }).dropped).toEqual(['s.const', 's.not'])
  })
})

describe('functions', () => {
  const declared = (parameters: JsonObject | undefined, strict?: boolean) => {
    const dropped: string[] = []
    const tool = { type: 'function', name: 'f', ...(parameters && { parameters }), ...(strict && { strict }) } as const
    const [entry] = encodeTools([tool], (path) => dropped.push(path)) ?? []
    const [declaration] = (entry?.functionDeclarations ?? []) as JsonObject[]
    return { schema: declaration?.parametersJsonSchema, dropped }
  }

  it.each([
    [undefined],
    [{ type: 'object', properties: {} }],
    [{ type: 'object' }],
    [{ type: 'object', properties: {}, additionalProperties: false, required: [] }],
  ])('without parameters declare none: %j', (parameters) => {
    expect(declared(parameters as JsonObject | undefined).schema).toBeUndefined()
  })

  it('tell the model of limits that nobody enforces, and report only that nothing is strict', () => {
    const parameters = { type: 'object', properties: { a: { type: 'string', pattern: '^x' } } }
    expect(declared(parameters, true)).toEqual({
      schema: { type: 'object', properties: { a: { type: 'string', description: '{"pattern":"^x"}' } } },
      dropped: ['tools[0].function.strict'],
    })
    expect(declared(parameters).dropped).toEqual([])
  })
})
