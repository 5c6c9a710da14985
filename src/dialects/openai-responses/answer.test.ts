import { describe, expect, it } from 'vitest'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import { decodeResponse, encodeResponse } from './response.ts'

const head = { id: 'resp_1', object: 'response', model: 'gpt-5', created_at: 7, status: 'completed', error: null }
const decode = (output: JsonObject[], more: JsonObject = {}) => decodeResponse({ ...head, output, ...more })
const call = { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'look', arguments: '', status: 'completed' }
const said = (...content: JsonObject[]) => ({ type: 'message', id: 'msg_1', role: 'assistant', content })

describe('an answer', () => {
  it('is its items in their order, and its head', () => {
    const search = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search' } }
    const cited = { type: 'output_text', text: 'a', annotations: [{ type: 'url_citation' }], logprobs: [] }
    expect(decode([search, said(cited, { type: 'refusal', refusal: 'b' }), call])).toEqual({
      id: 'resp_1',
      model: 'gpt-5',
      created: 7,
      content: [
        { type: 'opaque', dialect: 'openai-responses', block: search },
        {
          type: 'text',
          text: 'a',
          extensions: { 'openai-responses': { annotations: [{ type: 'url_citation' }] } },
        },
        { type: 'refusal', text: 'b' },
        { type: 'tool-call', id: 'c1', name: 'look', arguments: '{}' },
      ],
      finishReason: 'tool-calls',
    })
  })

  it.each<[string, JsonObject[], JsonObject, Partial<CanonicalResponse>]>([
    ['done', [said()], {}, { finishReason: 'stop' }],
    [
      'too long',
      [],
      { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      { finishReason: 'length' },
    ],
    [
      'filtered',
      [],
      { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      { finishReason: 'content-filter' },
    ],
    [
      'incomplete for a reason of tomorrow',
      [],
      { status: 'incomplete', incomplete_details: { reason: 'steered' } },
      { finishReason: 'other', rawFinishReason: 'steered' },
    ],
    [
      'incomplete without a reason',
      [],
      { status: 'incomplete' },
      { finishReason: 'other', rawFinishReason: 'incomplete' },
    ],
    ['waiting for a custom tool', [{ type: 'custom_tool_call', name: 'f' }], {}, { finishReason: 'tool-calls' }],
    ['waiting for a shell', [{ type: 'shell_call', call_id: 's1' }], {}, { finishReason: 'tool-calls' }],
    [
      'done with a shell of the provider',
      [
        { type: 'shell_call', call_id: 's1' },
        { type: 'shell_call_output', call_id: 's1' },
      ],
      {},
      { finishReason: 'stop' },
    ],
    [
      'waiting for a search of tools',
      [{ type: 'tool_search_call', execution: 'client' }],
      {},
      { finishReason: 'tool-calls' },
    ],
    ['done with one', [{ type: 'tool_search_call', execution: 'server' }], {}, { finishReason: 'stop' }],
  ])('is %s', (_, output, more, finish) => {
    expect(decode(output, more)).toMatchObject(finish)
  })

  it.each<[string, JsonObject, string]>([
    ['failed', { status: 'failed', error: { code: 'server_error', message: 'Broken.' } }, 'upstream_failed'],
    ['failed without a word', { status: 'failed' }, 'upstream_failed'],
    ['queued', { status: 'queued' }, 'upstream_invalid_response'],
    ['cancelled', { status: 'cancelled' }, 'upstream_invalid_response'],
    ['without an output', { output: null }, 'upstream_invalid_response'],
  ])('that is %s is none', (_, more, code) => {
    try {
      decode([], more)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(GatewayError)
      expect(error).toMatchObject({ code })
    }
  })

  it('is written with its neighbouring texts in one message, and says that nothing is stored', () => {
    const text = (text: string) => ({ type: 'text', text }) as const
    const answer = encodeResponse({
      id: 'a!b',
      model: 'm',
      created: 7,
      content: [text('a'), text('b'), { type: 'tool-call', id: 'c1', name: 'f', arguments: '' }, text('c')],
      finishReason: 'tool-calls',
    })
    expect(answer).toMatchObject({
      id: 'a!b',
      created_at: 7,
      status: 'completed',
      store: false,
      output: [
        { id: 'msg_hg_ab_0', type: 'message', content: [{ text: 'a' }, { text: 'b' }] },
        { id: 'fc_hg_ab_1', type: 'function_call', call_id: 'c1', arguments: '{}' },
        { id: 'msg_hg_ab_2', type: 'message', content: [{ text: 'c' }] },
      ],
    })
  })

  it('has ids of items that OpenAI takes back, however long its own is', () => {
    const answer = encodeResponse({ id: 'x'.repeat(90), content: [{ type: 'text', text: 'a' }], finishReason: 'stop' })
    const [item] = answer.output as JsonObject[]
    expect(item?.id).toMatch(/^msg_[\w-]{1,60}$/)
  })
})
