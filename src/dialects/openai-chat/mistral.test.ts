/*
 * What is particular about Mistral, each as a host's quirk of this format.
 */
import { describe, expect, it } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Quirks, RelayAsk } from '../dialect.ts'
import { openaiChat } from './index.ts'
import { isShortId } from './short-ids.ts'

const HABITS: Quirks = {
  maxTokensField: 'max_tokens',
  streamUsage: false,
  reasoningField: 'thinking',
  efforts: ['none', 'high'],
  seedField: 'random_seed',
  nineLetterIds: true,
  documentUrls: true,
  prefixFlag: true,
  messageNames: false,
  rejects: ['reasoning', 'user'],
}
const user: Message = { role: 'user', content: [{ type: 'text', text: 'Hi' }] }
const call = (id: string): Part => ({ type: 'tool-call', id, name: 'look', arguments: '{}' })
const result = (toolCallId: string): Message => ({
  role: 'tool',
  content: [{ type: 'tool-result', toolCallId, content: [{ type: 'text', text: 'ok' }] }],
})

function encode(fields: Partial<CanonicalRequest>, quirks = HABITS) {
  return openaiChat.encodeRequest({ model: 'm', stream: false, messages: [user], ...fields }, { model: 'm', quirks })
}
const messages = (given: readonly Message[], quirks = HABITS) =>
  encode({ messages: given }, quirks).body.messages as JsonObject[]

function edits(body: JsonObject, quirks = HABITS) {
  const ask: RelayAsk = { model: 'm', quirks, needUsage: true, remove: [], removeMetadata: [] }
  return openaiChat.relayEdits({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...body }, ask)
}
const relayed = (...given: JsonObject[]) => edits({ messages: given }) !== null

describe('ids of tool calls', () => {
  const ids = (given: readonly Message[]) =>
    messages(given).flatMap((message) => [
      ...((message.tool_calls ?? []) as JsonObject[]).map(({ id }) => id),
      ...(message.tool_call_id === undefined ? [] : [message.tool_call_id]),
    ])
  const turn = (...of: string[]): Message[] => [user, { role: 'assistant', content: of.map(call) }, ...of.map(result)]

  it('of other vendors get nine letters, the same for a call and its result, and in every turn', () => {
    const [first, second, ...results] = ids(turn('call_weather:0', 'toolu_1'))
    expect([first, second].every((id) => isShortId(String(id)))).toBe(true)
    expect(first).not.toBe(second)
    expect(results).toEqual([first, second])
    expect(ids([...turn('toolu_1'), ...turn('call_weather:0')])).toEqual([second, second, first, first])
  })

  it('of Mistral come back as they were, after a turn with another vendor too', () => {
    const mixed = ids([...turn('uNfcQGgtW'), ...turn('call_9'), ...turn('Nr1uNItcS')])
    expect([mixed[0], mixed[4]]).toEqual(['uNfcQGgtW', 'Nr1uNItcS'])
  })

  it('never meet: an id that is short already keeps its letters from those that get some', () => {
    const [nine = ''] = ids(turn('call_weather:0')) as string[]
    const [own, other] = ids(turn(nine, 'call_weather:0'))
    expect(own).toBe(nine)
    expect(other).not.toBe(nine)
    expect(isShortId(String(other))).toBe(true)
  })

  it('of other lengths keep a request from being relayed', () => {
    expect(relayed({ role: 'tool', tool_call_id: 'uNfcQGgtW', content: '' })).toBe(true)
    expect(relayed({ role: 'tool', tool_call_id: 'call_1', content: '' })).toBe(false)
    expect(relayed({ role: 'assistant', tool_calls: [{ id: 'call_1' }] }, { role: 'user', content: '' })).toBe(false)
  })
})

describe('thinking', () => {
  const thought: Message = { role: 'assistant', content: [{ type: 'reasoning', text: 'Hm' }, call('uNfcQGgtW')] }

  it('of earlier turns goes back as a part of the content', () => {
    const said: Message = {
      role: 'assistant',
      content: [...thought.content.slice(0, 1), { type: 'text', text: 'Yes' }],
    }
    const part = { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }
    const [, first, , second] = messages([user, said, user, thought, result('uNfcQGgtW')])
    expect(first?.content).toEqual([part, { type: 'text', text: 'Yes' }])
    expect(second?.content).toEqual([part])
    expect(messages([user, thought, result('uNfcQGgtW')], {})[1]?.content).toBeNull()
  })

  it('is asked for with the nearest word that the host knows', () => {
    const word = (effort: NonNullable<CanonicalRequest['reasoning']>['effort']) =>
      encode(effort ? { reasoning: { effort } } : {}).body.reasoning_effort
    expect([word('none'), word('minimal'), word('low'), word('medium'), word('max')]).toEqual([
      ...['none', 'none', 'high', 'high', 'high'],
    ])
    expect(edits({ reasoning_effort: 'low' })?.set).toEqual({ reasoning_effort: 'high' })
    expect(edits({ reasoning_effort: 'low' }, {})?.set).toEqual({})
    // The other way to ask is a field that the host rejects: only the encoder can turn it into this one.
    expect(edits({ reasoning: { effort: 'high' } })).toBeNull()
  })

  it('is read from the parts of an answer, whole and streamed, between references', () => {
    const content = [
      {
        type: 'thinking',
        thinking: [
          { type: 'text', text: 'H' },
          { type: 'reference', reference_ids: [1] },
        ],
        closed: true,
      },
      { type: 'text', text: 'It is ' },
      { type: 'reference', reference_ids: [1] },
      { type: 'text', text: 'blue.' },
    ]
    const parts = [
      { type: 'reasoning', text: 'H' },
      { type: 'text', text: 'It is ' },
      { type: 'text', text: 'blue.' },
    ]
    const choice = { index: 0, finish_reason: 'stop' }
    expect(openaiChat.decodeResponse({ choices: [{ ...choice, message: { content } }] }).content).toEqual(parts)
    const decoder = openaiChat.streamDecoder()
    const data = JSON.stringify({ choices: [{ ...choice, delta: { content } }] })
    const said = decoder.push({ event: '', data }).flatMap((event) => ('text' in event ? [event.type, event.text] : []))
    expect(said).toEqual(['reasoning-delta', 'H', 'text-delta', 'It is ', 'text-delta', 'blue.'])
  })

  it('in a caller’s own parts is not relayed to a host that has no such parts', () => {
    const past = { role: 'assistant', content: [{ type: 'thinking', thinking: [] }] }
    const next = { role: 'user', content: 'Go on.' }
    expect(edits({ messages: [past, next] })).not.toBeNull()
    expect(edits({ messages: [past, next] }, {})).toBeNull()
  })
})

describe('media', () => {
  const pdf: Part = {
    type: 'file',
    name: 'a.pdf',
    source: { kind: 'base64', mediaType: 'application/pdf', data: 'JVBE' },
  }
  const written: JsonObject = {
    type: 'document_url',
    document_url: 'data:application/pdf;base64,JVBE',
    document_name: 'a.pdf',
  }
  const partOf = (part: Part) => messages([{ role: 'user', content: [part, ...user.content] }])[0]?.content

  it('files are documents by address, in both directions', () => {
    expect(partOf(pdf)).toEqual([written, { type: 'text', text: 'Hi' }])
    const body = { model: 'm', messages: [{ role: 'user', content: [written, { type: 'file', file_id: 'f1' }] }] }
    const upload = { type: 'file', source: { kind: 'provider-file', id: 'f1' } }
    expect(openaiChat.decodeRequest(body).messages[0]?.content).toEqual([pdf, upload])
    expect(partOf(upload as Part)).toEqual([
      { type: 'file', file_id: 'f1' },
      { type: 'text', text: 'Hi' },
    ])
  })

  it('sounds and pictures may be plain texts', () => {
    const content: JsonObject[] = [
      { type: 'input_audio', input_audio: 'https://example.com/a.mp3' },
      { type: 'input_audio', input_audio: 'SUQz' },
      { type: 'image_url', image_url: 'https://example.com/a.png' },
    ]
    const [read] = openaiChat.decodeRequest({ model: 'm', messages: [{ role: 'user', content }] }).messages
    expect(read?.content.map((part) => 'source' in part && part.source)).toEqual([
      { kind: 'url', url: 'https://example.com/a.mp3' },
      { kind: 'base64', mediaType: 'audio/mpeg', data: 'SUQz' },
      { kind: 'url', url: 'https://example.com/a.png' },
    ])
    const [spoken = user.content[0]] = read?.content ?? []
    expect(spoken && partOf(spoken)).toEqual([content[0], { type: 'text', text: 'Hi' }])
  })

  it('in OpenAI’s words are not relayed, nor Mistral’s to others', () => {
    const openAi = { role: 'user', content: [{ type: 'file', file: { file_data: 'data:' } }] }
    expect([edits({ messages: [openAi] }), edits({ messages: [openAi] }, {})]).toEqual([null, expect.anything()])
    const own = { role: 'user', content: [written] }
    expect([edits({ messages: [own] }), edits({ messages: [own] }, {})]).toEqual([expect.anything(), null])
  })
})

describe('the rest', () => {
  it('the seed has another name', () => {
    expect(encode({ seed: 7 }).body).toMatchObject({ random_seed: 7 })
    expect(encode({ seed: 7 }).body).not.toHaveProperty('seed')
    expect(
      openaiChat.decodeRequest({ model: 'm', messages: [{ role: 'user', content: '' }], random_seed: 7 }).seed,
    ).toBe(7)
    expect(edits({ seed: 7 })).toEqual({ set: { random_seed: 7 }, remove: ['seed'] })
    expect(edits({ seed: 7 }, {})).toEqual({ set: {}, remove: [] })
  })

  it('a turn that the answer continues says so, and no other', () => {
    const begun: Message = { role: 'assistant', content: [{ type: 'text', text: 'So' }] }
    expect(messages([user, begun]).at(-1)).toEqual({ role: 'assistant', content: 'So', prefix: true })
    expect(messages([user, begun, user]).some((message) => 'prefix' in message)).toBe(false)
    expect(messages([user, begun], {}).at(-1)).not.toHaveProperty('prefix')
    expect(relayed({ role: 'assistant', content: 'So' })).toBe(false)
    expect(relayed({ role: 'assistant', content: 'So', prefix: true })).toBe(true)
  })

  it('names of speakers are dropped by their path', () => {
    const named: Message = { ...user, name: 'ann' }
    expect(encode({ messages: [named] }).dropped).toEqual(['messages[0].name'])
    expect(encode({ messages: [named] }, {}).body.messages).toEqual([{ role: 'user', name: 'ann', content: 'Hi' }])
    expect(relayed({ role: 'user', name: 'ann', content: '' })).toBe(false)
  })

  it('any is required, and a tool without a type is a function', () => {
    const asked = openaiChat.decodeRequest({
      ...{ model: 'm', messages: [{ role: 'user', content: '' }] },
      ...{ tool_choice: 'any', tools: [{ function: { name: 'look' } }] },
    })
    expect(asked).toMatchObject({ toolChoice: { type: 'required' }, tools: [{ type: 'function', name: 'look' }] })
  })

  it('an answer that finishes with an error is none', () => {
    const choice = { index: 0, message: { content: 'Half' }, delta: {}, finish_reason: 'error' }
    expect(() => openaiChat.decodeResponse({ choices: [choice] })).toThrow(
      'The provider ended the answer with an error.',
    )
    const data = JSON.stringify({ choices: [choice] })
    expect(openaiChat.streamDecoder().push({ event: '', data })).toMatchObject([
      { type: 'error', error: { code: 'error' } },
    ])
    const scanner = openaiChat.relayScanner({ keepUsage: true })
    expect(scanner.scan(Buffer.from(`data: ${data}\n\n`))).toEqual({ kind: 'error', bytes: null })
    expect(scanner.seen.complete).toBe(false)
  })

  it('a full window is told from a cap', () => {
    const choice = { index: 0, message: { content: 'Half' }, finish_reason: 'model_length' }
    expect(openaiChat.decodeResponse({ choices: [choice] }).finishReason).toBe('context-length')
  })

  it.each([
    [{ detail: [{ loc: ['body', 'messages', 0, 'content'], msg: 'Field required', type: 'missing' }] }],
    [
      {
        object: 'error',
        message: { detail: [{ loc: ['body', 'messages', 0, 'content'], msg: 'Field required' }] },
        code: '3001',
      },
    ],
  ])('%j says where something is wrong', (body) => {
    expect(openaiChat.decodeError(422, JSON.stringify(body)).message).toBe('body.messages.0.content: Field required')
  })

  it('an error without an envelope is read too', () => {
    const body = { object: 'error', message: 'No such model', type: 'invalid_model', param: null, code: '1500' }
    expect(openaiChat.decodeError(400, JSON.stringify(body))).toEqual({
      message: 'No such model',
      code: 'invalid_model',
      status: 400,
    })
  })
})
