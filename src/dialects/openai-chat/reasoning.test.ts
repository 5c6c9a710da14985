import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import { decodeReasoning, encodeDetail, encodeReasoning } from './reasoning.ts'

const claude = { format: 'anthropic-claude-v1' }

describe('reasoning in a message', () => {
  test.each<[JsonObject, object[]]>([
    [{}, []],
    [{ reasoning_content: '', reasoning: null }, []],
    [{ reasoning_content: 'a' }, [{ type: 'reasoning', text: 'a' }]],
    [{ reasoning: 'a' }, [{ type: 'reasoning', text: 'a' }]],
    [
      { reasoning: 'a', reasoning_details: [{ type: 'reasoning.text', text: 'a', format: 'unknown', index: 0 }] },
      [{ type: 'reasoning', text: 'a' }],
    ],
    [
      { reasoning_details: [{ type: 'reasoning.text', text: 'a', signature: 's', ...claude, index: 0 }] },
      [{ type: 'reasoning', text: 'a', signature: 's', origin: 'anthropic-messages' }],
    ],
    [
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'd', ...claude, index: 0 }] },
      [{ type: 'reasoning', text: '', redacted: 'd', origin: 'anthropic-messages' }],
    ],
  ])('%j', (message, parts) => {
    expect(decodeReasoning(message)).toEqual(parts)
  })

  test('text that came beside a bare signature belongs to it', () => {
    const message = {
      reasoning_content: 'a',
      reasoning_details: [{ type: 'reasoning.text', signature: 's', ...claude, index: 0 }],
    }
    expect(decodeReasoning(message)).toEqual([
      { type: 'reasoning', text: 'a', signature: 's', origin: 'anthropic-messages' },
    ])
  })

  test('the pieces of a stream, strung together by a client, are whole entries again', () => {
    const piece = (fields: JsonObject): JsonObject => ({ type: 'reasoning.text', ...claude, ...fields })
    const message = {
      reasoning_details: [
        piece({ index: 0, text: 'on' }),
        piece({ index: 0, text: 'e' }),
        piece({ index: 0, signature: 's0' }),
        piece({ index: 1, text: 'two' }),
        piece({ index: 1, text: '', signature: 's1' }),
      ],
    }
    expect(decodeReasoning(message)).toEqual([
      { type: 'reasoning', text: 'one', signature: 's0', origin: 'anthropic-messages' },
      { type: 'reasoning', text: 'two', signature: 's1', origin: 'anthropic-messages' },
    ])
  })

  test.each<JsonObject>([
    { type: 'reasoning.summary', summary: 'a', format: 'openai-responses-v1', index: 0 },
    { type: 'reasoning.encrypted', data: 'd', id: 'rs_1', format: 'openai-responses-v1', index: 1 },
    { type: 'reasoning.text', text: 'a', id: 't1', format: 'google-gemini-v1', index: 0 },
    { type: 'reasoning.text', text: '', signature: 'sig/+=', ...claude, index: 0 },
    { type: 'reasoning.encrypted', data: 'd/+=', ...claude, index: 0 },
  ])('the entry %j comes back as it was', (entry) => {
    expect(decodeReasoning({ reasoning_details: [entry] }).map(encodeDetail)).toEqual([entry])
  })

  test('a reply shows the text, and beside it what must come back', () => {
    const signed = { type: 'reasoning', text: 'a', signature: 's', origin: 'anthropic-messages' } as const
    const hidden = { type: 'reasoning', text: '', redacted: 'd', origin: 'anthropic-messages' } as const
    const fields = encodeReasoning([signed, hidden])
    expect(fields).toEqual({
      reasoning_content: 'a',
      reasoning_details: [
        { type: 'reasoning.text', text: 'a', signature: 's', ...claude, index: 0 },
        { type: 'reasoning.encrypted', data: 'd', ...claude, index: 1 },
      ],
    })
    expect(decodeReasoning(fields)).toEqual([signed, hidden])
    expect(encodeReasoning([{ type: 'reasoning', text: 'a' }])).toEqual({ reasoning_content: 'a' })
  })
})
