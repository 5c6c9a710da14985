import { describe, expect, it } from 'vitest'
import type { DialectName } from '../canonical/dialect-name.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { dialectOf } from './registry.ts'

/*
 * What becomes of a schema at each provider: it is sent as it is, or said in other words, or what is lost is reported and told to the model, or the call is
 * refused. Never is a limit lost in silence, and never is a provider sent what it would refuse.
 */

const OPENAI = 'openai-chat'
const RESPONSES = 'openai-responses'
const ANTHROPIC = 'anthropic-messages'
const GOOGLE = 'google-generate-content'
const BEDROCK = 'bedrock-converse'
const MODELS: Readonly<Partial<Record<DialectName, string>>> = {
  [OPENAI]: 'gpt-5.4',
  [RESPONSES]: 'gpt-5.4',
  [ANTHROPIC]: 'claude-sonnet-4-5',
  [GOOGLE]: 'gemini-3-flash-preview',
  [BEDROCK]: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
}
const AT = 'response_format.json_schema'

/** `sent` as it is, closed objects aside · `told` with the limit in a description, and reported · `loose` not strictly, and reported · `refused`. */
type Fate = 'sent' | 'told' | 'loose' | 'refused'

const closed = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
})
const ofField = (field: JsonObject) => closed({ x: field })
const NODE = closed({ next: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] } })

/** What is in a schema, and its fate at OpenAI, at Anthropic (and Claude on Bedrock) and at Google. */
const CASES: readonly (readonly [string, JsonObject, Fate, Fate, Fate])[] = [
  ['plain fields', ofField({ type: 'string' }), 'sent', 'sent', 'sent'],
  ['an enumeration', ofField({ type: 'string', enum: ['a', 'b'] }), 'sent', 'sent', 'sent'],
  ['nullable lists', ofField({ type: ['array', 'null'], items: { type: 'string' } }), 'sent', 'sent', 'sent'],
  ['anyOf', ofField({ anyOf: [{ type: 'string' }, { type: 'number' }] }), 'sent', 'sent', 'sent'],
  ['a constant flag', ofField({ const: true }), 'sent', 'sent', 'told'],
  [
    '$ref and $defs',
    closed({ x: { $ref: '#/$defs/town' } }, { $defs: { town: ofField({ type: 'string' }) } }),
    'sent',
    'sent',
    'sent',
  ],
  ['a length', ofField({ type: 'string', minLength: 2 }), 'loose', 'told', 'told'],
  ['a range', ofField({ type: 'number', minimum: 2 }), 'sent', 'told', 'sent'],
  ['the number of items', ofField({ type: 'array', items: {}, maxItems: 3 }), 'sent', 'told', 'sent'],
  ['propertyNames', ofField({ ...closed({}), propertyNames: { pattern: '^a' } }), 'loose', 'told', 'told'],
  ['not', ofField({ type: 'string', not: { const: 'x' } }), 'loose', 'told', 'told'],
  ['if and else', closed({ x: { type: 'string' } }, { if: {}, else: {} }), 'loose', 'told', 'told'],
  ['oneOf and anyOf', ofField({ oneOf: [{ const: 'a' }], anyOf: [{ const: 'a' }] }), 'loose', 'told', 'sent'],
  ['fields that may be left out', closed({ x: { type: 'string' } }, { required: [] }), 'loose', 'sent', 'sent'],
  ['open objects', closed({ x: { type: 'string' } }, { additionalProperties: true }), 'loose', 'told', 'sent'],
  ['an object of any fields', ofField({ type: 'object' }), 'loose', 'refused', 'sent'],
  ['a map', ofField({ type: 'object', additionalProperties: { type: 'number' } }), 'loose', 'refused', 'sent'],
  ['recursion', closed({ x: { $ref: '#/$defs/node' } }, { $defs: { node: NODE } }), 'sent', 'refused', 'sent'],
  ['recursion from the root', closed({ x: { anyOf: [{ $ref: '#' }, { type: 'null' }] } }), 'sent', 'refused', 'sent'],
]

function encode(to: DialectName, asked: Partial<CanonicalRequest>, caller: DialectName) {
  const request = { model: 'm', messages: [{ role: 'user', content: [] }], stream: false, ...asked } as const
  return dialectOf(to).encodeRequest(request, { model: MODELS[to] ?? '', quirks: {}, caller })
}

function answering(to: DialectName, schema: JsonObject, caller: DialectName): Fate {
  try {
    const responseFormat = { type: 'json-schema', name: 'answer', schema, strict: true } as const
    const { body, dropped } = encode(to, { responseFormat }, caller)
    if (dropped.length === 0) return 'sent'
    for (const path of dropped) expect(path.startsWith(`${AT}.`)).toBe(true)
    if (dropped.includes(`${AT}.strict`)) {
      expect(JSON.stringify(body)).toContain('"strict":false')
      return 'loose'
    }
    for (const path of dropped) expect(JSON.stringify(body)).toContain(path.split('.').at(-1))
    return 'told'
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    expect(error).toMatchObject({ code: 'unsupported_parameter' })
    expect(error.message).toContain(`${AT}.schema`)
    return 'refused'
  }
}

describe.each(CASES)('an answer with %s', (_, schema, openai, anthropic, google) => {
  it.each([
    [OPENAI, ANTHROPIC, openai],
    [RESPONSES, GOOGLE, openai],
    [OPENAI, RESPONSES, 'sent'],
    [ANTHROPIC, OPENAI, anthropic],
    [BEDROCK, RESPONSES, anthropic],
    [GOOGLE, OPENAI, google],
    ['cohere-chat', OPENAI, 'sent'],
  ] as const)('in %s, asked for in %s, is %s', (to, caller, fate) => {
    expect(answering(to, schema, caller)).toBe(fate)
  })

  it.each([OPENAI, RESPONSES, ANTHROPIC, BEDROCK] as const)('keeps a strict tool of that kind a tool in %s', (to) => {
    const tools = [{ type: 'function', name: 'f', parameters: schema, strict: true }] as const
    const strict = [openai, openai, anthropic, anthropic][[OPENAI, RESPONSES, ANTHROPIC, BEDROCK].indexOf(to)]
    const { body, dropped } = encode(to, { tools }, GOOGLE)
    const kept = strict === 'sent' || strict === 'told'
    expect(JSON.stringify(body.tools ?? body.toolConfig).includes('"strict":true')).toBe(kept)
    expect(dropped.includes('tools[0].function.strict')).toBe(!kept)
  })
})

it('Cohere is asked for JSON or for tools, not for both', () => {
  const responseFormat = { type: 'json-schema', name: 'a', schema: ofField({ type: 'string' }) } as const
  const { body, dropped } = encode('cohere-chat', { responseFormat, tools: [{ type: 'function', name: 'f' }] }, OPENAI)
  expect(body).not.toHaveProperty('response_format')
  expect(dropped).toEqual(['response_format'])
})

it('what a format is for is told where only schemas have descriptions', () => {
  const responseFormat = {
    type: 'json-schema',
    name: 'town',
    description: 'What is known.',
    schema: ofField({ type: 'string' }),
  } as const
  const found: Partial<Record<DialectName, boolean>> = {}
  for (const to of [ANTHROPIC, GOOGLE, BEDROCK, 'cohere-chat', OPENAI, RESPONSES] as const) {
    found[to] = stringsIn(encode(to, { responseFormat }, OPENAI).body).includes('What is known.')
  }
  expect(Object.values(found)).toEqual([true, true, true, true, true, true])
})

function stringsIn(value: JsonValue | undefined): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(stringsIn)
  return isObject(value) ? Object.values(value).flatMap(stringsIn) : []
}
