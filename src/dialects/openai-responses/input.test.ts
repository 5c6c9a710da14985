import { describe, expect, it } from 'vitest'
import type { Message } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import { decodeInput } from './decode-input.ts'
import { encodeInput } from './encode-input.ts'

const decode = (input: JsonObject[], more: JsonObject = {}) => decodeInput({ input, ...more })
function encode(messages: readonly Message[], quirks = {}) {
  const dropped: string[] = []
  const written = encodeInput(messages, quirks, (path) => dropped.push(path))
  return { ...written, dropped }
}
const user = { type: 'message', role: 'user', content: 'Well?' }
const thought = (fields: JsonObject): JsonObject => ({ type: 'reasoning', summary: [], ...fields })
const call = { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{"at":1}' }
const output = { type: 'function_call_output', call_id: 'c1', output: 'There.' }

describe('items', () => {
  it('of the model that stand together are one turn, in their order, and become the same items again', () => {
    const items = [
      user,
      thought({ encrypted_content: 'gAAA' }),
      { type: 'message', role: 'assistant', content: 'I look.' },
      { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } },
      call,
      output,
      { type: 'message', role: 'assistant', content: 'There it is.' },
      user,
    ]
    const messages = decode(items)
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant', 'user'])
    expect(messages[1]?.content.map(({ type }) => type)).toEqual(['reasoning', 'text', 'opaque', 'tool-call'])
    expect(encode(messages)).toEqual({ input: items, dropped: [] })
  })

  it('that only this format knows stay byte for byte, in the turn of whoever they are from', () => {
    const items: JsonObject[] = [
      { type: 'additional_tools', role: 'developer', tools: [{ type: 'function', name: 'f' }] },
      user,
      { type: 'custom_tool_call', id: 'ctc_1', call_id: 'c2', name: 'sql', input: 'select "1"' },
      { type: 'custom_tool_call_output', call_id: 'c2', output: '1' },
      { type: 'mcp_approval_request', id: 'mcpr_1', name: 'x', arguments: '{}', server_label: 's' },
      { type: 'mcp_approval_response', approval_request_id: 'mcpr_1', approve: true },
      { type: 'compaction', id: 'cmp_1', encrypted_content: 'gAAA' },
    ]
    const messages = decode(items)
    expect(messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'assistant',
      'tool',
      'assistant',
    ])
    expect(encode(messages)).toEqual({ input: items, dropped: [] })
  })

  it('that answer a call of such a kind are of that kind too: elsewhere both are left out, or neither', () => {
    const search = { type: 'tool_search_call', call_id: 'c3', execution: 'client', arguments: { queries: ['x'] } }
    const items: JsonObject[] = [user, search, { ...output, call_id: 'c3' }, call, output]
    const messages = decode(items)
    expect(messages.map(({ content }) => content[0]?.type)).toEqual([
      'text',
      'opaque',
      'opaque',
      'tool-call',
      'tool-result',
    ])
    expect(encode(messages)).toEqual({ input: items, dropped: [] })
  })

  it('keep what a call says beside its name, and the phase and citations of a text', () => {
    const items = [
      user,
      { ...call, namespace: 'maps' },
      output,
      {
        type: 'message',
        role: 'assistant',
        phase: 'commentary',
        content: [{ type: 'output_text', text: 'See.', annotations: [{ type: 'url_citation', url: 'https://a.org' }] }],
      },
      { type: 'message', role: 'assistant', phase: 'final_answer', content: [{ type: 'refusal', refusal: 'No.' }] },
    ]
    const written = encode(decode(items)).input
    expect(written[1]).toEqual(items[1])
    expect(written[3]).toEqual(items[3])
    expect(written[4]).toMatchObject({ content: [{ type: 'refusal', refusal: 'No.' }] })
  })

  it('of a tool may be lists of texts and pictures', () => {
    const shown = [
      { type: 'input_text', text: 'Look:' },
      { type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=', detail: 'low' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' },
    ]
    const items = [user, call, { ...output, output: shown }]
    expect(encode(decode(items)).input).toEqual(items)
  })

  it('of a tool that failed say so in their text, since no field does', () => {
    const result = { type: 'tool-result', toolCallId: 'c1', isError: true, content: [{ type: 'text', text: 'Gone.' }] }
    const { input } = encode([{ role: 'tool', content: [result as Message['content'][number]] }])
    expect(input).toEqual([{ ...output, output: 'The tool failed: Gone.' }])
  })
})

describe('the system prompt', () => {
  it('is the instructions, and a later one stays where it is', () => {
    const messages = decode([user, { role: 'developer', content: 'Be brief.' }], { instructions: 'You look.' })
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'system'])
    expect(encode(messages)).toEqual({
      instructions: 'You look.',
      input: [user, { type: 'message', role: 'system', content: 'Be brief.' }],
      dropped: [],
    })
    expect(encode(messages, { developerRole: true }).input[1]).toMatchObject({ role: 'developer' })
  })

  it('alone is an item, because the input may not be empty', () => {
    const { instructions, input } = encode([{ role: 'system', content: [{ type: 'text', text: 'Speak.' }] }])
    expect(instructions).toBeUndefined()
    expect(input).toHaveLength(1)
  })
})

describe('reasoning', () => {
  const sealed = thought({
    id: 'rs_1',
    summary: [
      { type: 'summary_text', text: 'One.' },
      { type: 'summary_text', text: 'Two.' },
    ],
    encrypted_content: 'gAAA"\\',
    status: null,
  })

  it('that is sealed goes back byte for byte, with its id and in its pieces', () => {
    const messages = decode([user, sealed, call, output])
    expect(messages[1]?.content[0]).toMatchObject({ type: 'reasoning', text: 'One.\n\nTwo.' })
    expect(encode(messages).input[1]).toEqual(sealed)
  })

  it('whose summary was changed on the way keeps its seal', () => {
    const [, turn] = decode([user, sealed])
    const [part] = turn?.content ?? []
    if (part?.type !== 'reasoning') throw new Error('no reasoning')
    const { input } = encode([{ role: 'assistant', content: [{ ...part, text: 'One.' }] }])
    expect(input[0]).toMatchObject({ encrypted_content: 'gAAA"\\', summary: [{ text: 'One.' }] })
  })

  it('of hosts that show all of it goes back whole', () => {
    const open = thought({ id: 'rs_2', content: [{ type: 'reasoning_text', text: 'Hm.' }] })
    const messages = decode([user, open])
    expect(messages[1]?.content[0]).toMatchObject({ text: 'Hm.', origin: 'openai-responses' })
    expect(encode(messages).input[1]).toEqual(open)
  })

  it('that nobody could look up is left out and reported; a host that takes open text gets it', () => {
    const messages = decode([
      user,
      thought({ id: 'rs_3', summary: [{ type: 'summary_text', text: 'Hm.' }] }),
      call,
      output,
    ])
    expect(encode(messages)).toMatchObject({ input: [user, call, output], dropped: ['messages[1].content[0]'] })
    expect(encode(messages, { reasoningField: 'reasoning_content' }).input[1]).toMatchObject({
      content: [{ type: 'reasoning_text', text: 'Hm.' }],
    })
  })

  it('under an id of ours loses the id, which no provider wrote', () => {
    const messages = decode([user, { ...sealed, id: 'rs_hg_answer_0' }])
    expect(encode(messages).input[1]).not.toHaveProperty('id')
  })
})

describe('marks of cacheable segments', () => {
  it('are read from messages, parts and calls, and never sent', () => {
    const messages = decode([
      {
        role: 'user',
        cache_key: 'v1',
        content: [
          { type: 'input_text', text: 'a' },
          { type: 'input_text', text: 'b' },
        ],
      },
      { role: 'user', content: [{ type: 'input_text', text: 'c', cache_key: 'v2' }] },
      { ...call, cache_key: 'v3' },
      { ...output, cache_key: 'v4' },
    ])
    const keys = messages.flatMap(({ content }) => content.map((part) => ('cacheKey' in part ? part.cacheKey : null)))
    expect(keys).toEqual([null, 'v1', 'v2', 'v3', 'v4'])
    expect(JSON.stringify(encode(messages).input)).not.toContain('cache_key')
  })
})
