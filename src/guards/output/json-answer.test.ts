import { describe, expect, it } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import type { CanonicalResponse, FinishReason } from '../../canonical/response.ts'
import type { JsonObject } from '../../lib/json.ts'
import { jsonAnswerCheck } from './json-answer.ts'

function answer(text: string, finishReason: FinishReason = 'stop', more: readonly Part[] = []): CanonicalResponse {
  return { content: [{ type: 'text', text }, ...more], finishReason }
}

function faultOf(schema: JsonObject, text: string): string | null {
  return jsonAnswerCheck({ type: 'json-schema', name: 's', schema })(answer(text))?.message ?? null
}

describe('an answer that was to be JSON', () => {
  const check = jsonAnswerCheck({ type: 'json' })

  it('is any JSON, with white space around it', () => {
    expect(check(answer(' {"a": [1, null]}\n'))).toBeNull()
  })

  it.each([
    ['Sure! {"a":1}', 'stop', 'it does not parse'],
    ['```json\n{}\n```', 'stop', 'it does not parse'],
    ['', 'stop', 'it does not parse'],
    ['{"a": [1, 2', 'length', 'it was cut at the cap on output tokens'],
  ] as const)('is not %j with finish %s', (text, finish, why) => {
    expect(check(answer(text, finish))).toMatchObject({
      code: 'output_invalid',
      message: `The answer is not JSON: ${why}.`,
    })
  })

  it('may be a call of a tool, a refusal or a filtered answer instead', () => {
    const call: Part = { type: 'tool-call', id: 'c', name: 'look', arguments: '{}' }
    expect(check(answer('Let me look.', 'tool-calls', [call]))).toBeNull()
    expect(check(answer('', 'stop', [{ type: 'refusal', text: 'No.' }]))).toBeNull()
    expect(check(answer('I can', 'content-filter'))).toBeNull()
  })
})

describe('an answer that was to fit a schema', () => {
  const schema: JsonObject = {
    type: 'object',
    properties: { items: { type: 'array', items: { $ref: '#/$defs/item' } }, kind: { const: 'list' } },
    required: ['items'],
    additionalProperties: false,
    $defs: { item: { type: 'object', properties: { price: { type: 'number', minimum: 0 } }, required: ['price'] } },
  }

  it('is told where it breaks it', () => {
    expect(faultOf(schema, '{"items":[{"price":1}],"kind":"list"}')).toBeNull()
    expect(faultOf(schema, '{"items":[{"price":1},{"price":"2"}]}')).toBe(
      'The answer does not fit the schema: items[1].price must be number.',
    )
    expect(faultOf(schema, '{"items":[{}]}')).toContain("items[0] must have required property 'price'")
    expect(faultOf(schema, '[]')).toBe('The answer does not fit the schema: the whole answer must be object.')
    expect(faultOf(schema, '{"items":[],"kind":"set"}')).toContain('kind must be equal to constant')
  })

  it('may be of an older draft, with tuples as it wrote them', () => {
    const old = { $schema: 'http://json-schema.org/draft-07/schema#', type: 'array', items: [{ type: 'string' }] }
    expect(faultOf(old, '["a", 1]')).toBeNull()
    expect(faultOf(old, '[1]')).toContain('[0] must be string')
  })

  it('of which formats and patterns are looked at', () => {
    expect(faultOf({ type: 'string', format: 'date-time' }, '"yesterday"')).toContain('date-time')
    expect(faultOf({ type: 'string', pattern: '^[a-z]{2}-\\d+$' }, '"ab-12"')).toBeNull()
    expect(faultOf({ type: 'string', pattern: '^[a-z]{2}-\\d+$' }, '"AB-12"')).toContain('pattern')
  })

  it('whose patterns take time that grows with the text alone', () => {
    const text = JSON.stringify(`${'a'.repeat(50_000)}!`)
    expect(faultOf({ type: 'string', pattern: '^(a+)+$' }, text)).toContain('pattern')
  })

  it('is only held to be JSON where the schema cannot be used', () => {
    const unusable: JsonObject[] = [
      { $ref: 'https://example.com/other.json' },
      { type: 'string', pattern: '(?=look)ahead' },
      { enum: [Array.from({ length: 40_000 }, (_, at) => at)] },
      { type: 7 },
    ]
    for (const schema of unusable) {
      expect(faultOf(schema, '{}')).toBeNull()
      expect(faultOf(schema, 'no')).toContain('is not JSON')
    }
  })

  it('keeps what a schema is called from reaching into another', () => {
    const first = { $id: 'https://example.com/a', type: 'string' }
    const second = { $id: 'https://example.com/a', type: 'number' }
    expect(faultOf(first, '1')).not.toBeNull()
    expect(faultOf(second, '1')).toBeNull()
  })
})
