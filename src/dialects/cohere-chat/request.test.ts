import { describe, expect, it } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import type { FunctionTool } from '../../canonical/tool.ts'
import type { JsonObject } from '../../lib/json.ts'
import { cohereChat } from './index.ts'

const THINKER = 'command-a-reasoning-08-2025'
const user: Message = { role: 'user', content: [{ type: 'text', text: 'Hi' }] }
const look: FunctionTool = { type: 'function', name: 'look', strict: true }
const now: FunctionTool = { type: 'function', name: 'now' }

function encode(fields: Partial<CanonicalRequest>, model = 'command-a-03-2025') {
  return cohereChat.encodeRequest({ model: 'm', stream: false, messages: [user], ...fields }, { model, quirks: {} })
}
const written = (messages: readonly Message[], model?: string) => encode({ messages }, model).body.messages
const refusal = (fields: Partial<CanonicalRequest>) => {
  try {
    return encode(fields)
  } catch (error) {
    return error
  }
}

describe('tools', () => {
  it('one that must be called by name is the only one shown', () => {
    const { body, dropped } = encode({ tools: [look, now], toolChoice: { type: 'named', name: 'now' } })
    const schema = { type: 'object', properties: {} }
    expect(body.tools).toEqual([{ type: 'function', function: { name: 'now', parameters: schema } }])
    expect(body.tool_choice).toBe('REQUIRED')
    expect(dropped).toEqual(['tools[0].function.strict'])
  })

  it('that nobody defined cannot be called', () => {
    const unknown = encode({ tools: [look], toolChoice: { type: 'named', name: 'now' } })
    expect(unknown.body).not.toHaveProperty('tool_choice')
    expect(unknown.dropped).toEqual(['tool_choice'])
    expect(encode({ toolChoice: { type: 'required' } }).dropped).toEqual(['tool_choice'])
  })

  it('are strict all or none', () => {
    expect(encode({ tools: [look] }).body.strict_tools).toBe(true)
    expect(encode({ tools: [look, now] }).body).not.toHaveProperty('strict_tools')
  })

  it('of other vendors, one at a time, are dropped by their path', () => {
    const hosted = { type: 'hosted', dialect: 'openai-chat', definition: { type: 'web_search' } } as const
    const { body, dropped } = encode({ tools: [hosted, now], toolChoice: { type: 'auto' }, parallelToolCalls: false })
    expect(dropped).toEqual(['tools[0]', 'parallel_tool_calls'])
    expect(body).not.toHaveProperty('tool_choice')
  })
})

describe('parameters', () => {
  it('stay in Cohere’s ranges, and what is cut off is reported', () => {
    const { body, dropped } = encode({ topP: 1, topK: 900, frequencyPenalty: -0.5, presencePenalty: 2, seed: 1 })
    expect(body).toMatchObject({ p: 0.99, k: 500, frequency_penalty: 0, presence_penalty: 1, seed: 1 })
    expect(dropped).toEqual(['top_k', 'frequency_penalty', 'presence_penalty'])
  })

  it('several answers and more than five stop texts are refused by name', () => {
    expect(refusal({ choices: 2 })).toMatchObject({ code: 'unsupported_parameter', param: 'n' })
    const six = ['1', '2', '3', '4', '5', '6']
    expect(refusal({ stop: six })).toMatchObject({ code: 'unsupported_parameter', param: 'stop' })
    expect(encode({ stop: six.slice(1), choices: 1 }).body.stop_sequences).toHaveLength(5)
  })

  it.each<[CanonicalRequest['reasoning'], JsonObject | undefined]>([
    [{ effort: 'none' }, { type: 'disabled' }],
    [{ budgetTokens: 0 }, { type: 'disabled' }],
    [{ budgetTokens: 900 }, { type: 'enabled', token_budget: 900 }],
    [{ effort: 'minimal' }, { type: 'enabled', token_budget: 512 }],
    [{ effort: 'medium' }, { type: 'enabled', token_budget: 1000 }],
    [{ effort: 'max' }, { type: 'enabled' }],
    [undefined, undefined],
  ])('thinking %j is %j', (reasoning, thinking) => {
    const asked = { maxOutputTokens: 2000, ...(reasoning ? { reasoning } : {}) }
    expect(encode(asked, THINKER).body.thinking).toEqual(thinking)
  })

  it('thinking is no word for models that do not think', () => {
    expect(encode({ reasoning: { effort: 'high' } })).toMatchObject({ dropped: ['reasoning_effort'] })
    expect(encode({ reasoning: { effort: 'none' } }).dropped).toEqual([])
  })

  it('of other formats and the name of the end user are dropped, its own are restored', () => {
    const extensions = { 'openai-chat': { logit_bias: {} }, 'cohere-chat': { priority: 3, documents: ['a'] } }
    const { body, dropped } = encode({ extensions, endUser: 'ann' })
    expect(dropped).toEqual(['logit_bias', 'user'])
    expect(body).toMatchObject({ priority: 3, documents: ['a'] })
    const again = cohereChat.decodeRequest(body).extensions
    expect(again).toEqual({ 'cohere-chat': extensions['cohere-chat'] })
  })

  it('a schema has no name', () => {
    const schema = { type: 'object' }
    const { body } = encode({ responseFormat: { type: 'json-schema', name: 'x', schema, strict: true } })
    expect(body.response_format).toEqual({ type: 'json_object', json_schema: schema })
  })
})

describe('messages', () => {
  const turn = (...content: Part[]): Message => ({ role: 'assistant', content })
  const thought: Part = { type: 'reasoning', text: 'Hm' }
  const call: Part = { type: 'tool-call', id: 'c', name: 'look', arguments: '' }
  const result = (...content: Extract<Part, { type: 'tool-result' }>['content']): Message => ({
    role: 'tool',
    content: [{ type: 'tool-result', toolCallId: 'c', content }],
  })

  it('thoughts go back to models that think, and only there', () => {
    expect(written([user, turn(thought, call)], THINKER)).toMatchObject([
      {},
      { content: [{ type: 'thinking', thinking: 'Hm' }], tool_calls: [{ function: { arguments: '{}' } }] },
    ])
    const { body, dropped } = encode({ messages: [user, turn(thought, call)] })
    expect((body.messages as JsonObject[])[1]).not.toHaveProperty('content')
    expect(dropped).toEqual(['messages[1].content[0]'])
  })

  it('pictures of tools are shown after the results', () => {
    const image = { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } } as const
    expect(written([user, turn(call), result(image), user])).toMatchObject([
      { role: 'user' },
      { role: 'assistant' },
      { role: 'tool', tool_call_id: 'c', content: 'The result follows in the next message.' },
      { role: 'user', content: [{ text: 'Result of the tool call c:' }, { type: 'image_url' }] },
      { role: 'user', content: 'Hi' },
    ])
  })

  it('documents of tools and citations stay what they are', () => {
    const document = { type: 'document', document: { data: { sky: 'blue' } } }
    const citations = [{ start: 0, end: 3, text: 'Yes', sources: [] }]
    const body = {
      model: 'm',
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] },
        { role: 'tool', tool_call_id: 'c', content: [document] },
        { role: 'assistant', content: 'Yes', citations },
      ],
    }
    const { messages } = cohereChat.decodeRequest(body)
    expect(written(messages)).toEqual(body.messages)
  })

  it('sounds, files that are no text, and names are dropped by their path', () => {
    const audio: Part = { type: 'audio', source: { kind: 'base64', mediaType: 'audio/mpeg', data: 'SUQz' } }
    const file = (mediaType: string): Part => ({ type: 'file', source: { kind: 'base64', mediaType, data: 'SGk=' } })
    const said: Message = { role: 'user', name: 'ann', content: [audio, file('application/pdf'), file('text/plain')] }
    const { body, dropped } = encode({ messages: [said] })
    expect(dropped).toEqual(['messages[0].name', 'messages[0].content[0]', 'messages[0].content[1]'])
    expect(body.messages).toEqual([{ role: 'user', content: 'Hi' }])
  })

  it.each<[JsonObject, string]>([
    [{ messages: [] }, 'messages'],
    [{ messages: [{ role: 'chatbot', content: '' }] }, 'messages[0].role'],
    [{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, 'messages[0].content[0].text'],
    [{ messages: [{ role: 'tool', content: '' }] }, 'messages[0].tool_call_id'],
    [{ tool_choice: 'AUTO' }, 'tool_choice'],
    [{ stop_sequences: [1] }, 'stop_sequences[0]'],
    [{ response_format: { type: 'xml' } }, 'response_format.type'],
  ])('of a caller that are wrong are named: %j', (fields, param) => {
    const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...fields }
    expect(() => cohereChat.decodeRequest(body)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
  })
})

describe('relaying', () => {
  const ask = { model: 'n', quirks: {}, needUsage: true, remove: [], removeMetadata: [] }
  const body = { model: 'm', messages: [{ role: 'user', content: 'Hi' }], max_tokens: 5 }

  it('edits the model and the cap', () => {
    expect(cohereChat.relayEdits(body, { ...ask, maxOutputTokens: 3 })).toEqual({
      set: { model: 'n', max_tokens: 3 },
      remove: [],
    })
    expect(cohereChat.relayEdits(body, { ...ask, remove: ['documents'] })).toEqual({ set: { model: 'n' }, remove: [] })
  })

  it('leaves to the encoder what no edit reaches', () => {
    const stops = { ...body, stop_sequences: ['1', '2', '3', '4', '5', '6'] }
    const marked = { ...body, messages: [{ role: 'user', content: [{ type: 'text', text: '', cache_key: 'k' }] }] }
    expect([cohereChat.relayEdits(stops, ask), cohereChat.relayEdits(marked, ask)]).toEqual([null, null])
  })
})
