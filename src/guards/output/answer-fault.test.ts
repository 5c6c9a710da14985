import { expect, it } from 'vitest'
import type { ResponseFormat } from '../../canonical/request.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { answerFault } from './answer-fault.ts'

const said = (text: string, finishReason: CanonicalResponse['finishReason'] = 'stop') => ({
  content: [{ type: 'text' as const, text }],
  finishReason,
})

it('finds answers that are not the JSON that was asked for, are cut, or say nothing', () => {
  const schema: ResponseFormat = { type: 'json-schema', name: 'x', schema: { type: 'object', required: ['a'] } }
  expect(answerFault(undefined, said('Yes.'))).toBeNull()
  expect(answerFault({ type: 'text' }, said('Yes.'))).toBeNull()
  expect(answerFault({ type: 'json' }, said('Yes.'))).toBe('json_invalid')
  expect(answerFault(schema, said('{"b":1}'))).toBe('json_invalid')
  expect(answerFault(schema, said('{"a":1}'))).toBeNull()
  expect(answerFault(undefined, said('Yes and', 'length'))).toBe('cut')
  expect(answerFault(undefined, said('  '))).toBe('empty')
  expect(answerFault(undefined, said('', 'content-filter'))).toBeNull()
  expect(answerFault(undefined, said('Yes.'), [])).toBe('citations_missing')
  expect(answerFault(undefined, said('Yes [a].'), [{ id: 'a', text: '' }])).toBeNull()
  expect(answerFault(undefined, said('Yes', 'length'), [])).toBe('cut')
  expect(answerFault(undefined, { content: [{ type: 'refusal', text: 'No.' }], finishReason: 'stop' })).toBeNull()
})
