import { describe, expect, it } from 'vitest'
import type { Message } from '../../canonical/request.ts'
import { encodeConversation, OPENING_TURN } from './encode-messages.ts'

function encode(...messages: Message[]) {
  const dropped: string[] = []
  return { ...encodeConversation(messages, (path) => dropped.push(path)), dropped }
}

const text = (value: string) => ({ type: 'text', text: value }) as const
const user = (value: string): Message => ({ role: 'user', content: [text(value)] })
const assistant = (value: string): Message => ({ role: 'assistant', content: [text(value)] })
const system = (value: string): Message => ({ role: 'system', content: [text(value)] })
const call = (id: string, args = '{}'): Message['content'][number] => ({
  type: 'tool-call',
  id,
  name: 'look',
  arguments: args,
})
const result = (id: string, value: string): Message => ({
  role: 'tool',
  content: [{ type: 'tool-result', toolCallId: id, content: [text(value)] }],
})

describe('writing a conversation as turns', () => {
  it('folds the leading system messages and leaves later ones in place as marked notes', () => {
    expect(
      encode(
        system('Be brief.'),
        system('Be kind.'),
        user('Hi'),
        assistant('Hello'),
        system('Now in French.'),
        user('Bye'),
      ),
    ).toEqual({
      system: [text('Be brief.'), text('Be kind.')],
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello' },
        { role: 'user', content: [text('<system-note>\nNow in French.\n</system-note>'), text('Bye')] },
      ],
      dropped: [],
    })
  })

  it('writes a lone system text as a string', () => {
    expect(encode(system('Be brief.'), user('Hi')).system).toBe('Be brief.')
  })

  it('keeps a note behind the tool results it interrupts, so that calls and results stay a pair', () => {
    const turns = encode(
      user('Hi'),
      { role: 'assistant', content: [call('a')] },
      system('Hurry.'),
      result('a', 'x'),
    ).messages
    expect(turns.at(-1)).toEqual({
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'a', content: 'x' }, text('<system-note>\nHurry.\n</system-note>')],
    })
  })

  it('keeps the turn of a system message that only this format can say', () => {
    const block = { type: 'tool_addition', tool: { name: 'late' } }
    const addition: Message = { role: 'system', content: [{ type: 'opaque', dialect: 'anthropic-messages', block }] }
    expect(encode(user('Hi'), addition).messages.at(-1)).toEqual({ role: 'system', content: [block] })
  })

  it('merges neighbours of one role', () => {
    expect(encode(user('a'), user('b'), assistant('c'), assistant('d'), user('e')).messages).toEqual([
      { role: 'user', content: [text('a'), text('b')] },
      { role: 'assistant', content: [text('c'), text('d')] },
      { role: 'user', content: 'e' },
    ])
  })

  it('puts the results of parallel calls into one user turn, before what the user says', () => {
    const turns = encode(
      user('Hi'),
      { role: 'assistant', content: [call('a'), call('b')] },
      user('Hurry'),
      result('b', '2'),
      result('a', '1'),
    ).messages
    expect(turns.at(-1)).toEqual({
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'b', content: '2' },
        { type: 'tool_result', tool_use_id: 'a', content: '1' },
        text('Hurry'),
      ],
    })
  })

  it('begins with the user', () => {
    expect(encode(assistant('Welcome'), user('Hi')).messages[0]).toEqual({ role: 'user', content: OPENING_TURN })
    expect(encode(system('Be brief.')).messages).toEqual([{ role: 'user', content: OPENING_TURN }])
    expect(encode(user('Hi')).messages).toHaveLength(1)
  })

  it('drops empty texts in silence and reports white space, and merges what they parted', () => {
    const { messages, dropped } = encode(user('a'), assistant(''), user(' \n'), user('b'))
    expect(messages).toEqual([{ role: 'user', content: [text('a'), text('b')] }])
    expect(dropped).toEqual(['messages[2].content[0]'])
  })

  it('keeps a call and its empty result', () => {
    const turns = encode(user('a'), { role: 'assistant', content: [text(''), call('a')] }, result('a', '')).messages
    expect(turns.slice(1)).toEqual([
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'look', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a' }] },
    ])
  })

  it('trims the end of a begun answer, and only there', () => {
    const turns = encode(user('a '), assistant('b '), user('c'), assistant('{"x": \n')).messages
    expect(turns.map((turn) => turn.content)).toEqual(['a ', 'b ', 'c', '{"x":'])
  })

  it('keeps arguments that are no JSON object, wrapped, with their result', () => {
    const broken = encode(user('a'), { role: 'assistant', content: [call('a', '{"x": ')] }, result('a', 'bad')).messages
    expect(broken[1]).toEqual({
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'a', name: 'look', input: { _raw: '{"x": ' } }],
    })
    expect(broken[2]).toEqual({ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: 'bad' }] })
    const list = encode(user('a'), { role: 'assistant', content: [call('a', '[1]')] }).messages
    expect(JSON.stringify(list)).toContain('{"_raw":"[1]"}')
  })

  it('hands own reasoning back byte for byte and in order, and strips that of others', () => {
    const content: Message['content'] = [
      { type: 'reasoning', text: '', signature: 's1+/=', origin: 'anthropic-messages' },
      { type: 'reasoning', text: '', redacted: 'cipher', origin: 'anthropic-messages' },
      { type: 'reasoning', text: 'why', signature: 's2', origin: 'anthropic-messages' },
      { type: 'reasoning', text: 'foreign', signature: 's3', origin: 'openai-chat' },
      { type: 'reasoning', text: 'unsigned', origin: 'anthropic-messages' },
      { type: 'reasoning', text: 'unknown' },
      call('a'),
    ]
    const { messages, dropped } = encode(user('a'), { role: 'assistant', content })
    expect(messages[1]?.content).toEqual([
      { type: 'thinking', thinking: '', signature: 's1+/=' },
      { type: 'redacted_thinking', data: 'cipher' },
      { type: 'thinking', thinking: 'why', signature: 's2' },
      { type: 'tool_use', id: 'a', name: 'look', input: {} },
    ])
    expect(dropped).toEqual([3, 4, 5].map((at) => `messages[1].content[${at}]`))
  })

  it('reports what has no words here', () => {
    const { messages, dropped } = encode(
      {
        role: 'system',
        content: [text('Be brief.'), { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } }],
      },
      {
        role: 'user',
        name: 'ann',
        content: [
          text('Listen'),
          { type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: 'AA' } },
          { type: 'file', source: { kind: 'base64', mediaType: 'application/zip', data: 'AA' } },
          { type: 'image', detail: 'high', source: { kind: 'url', url: 'https://example.com/a.png' } },
          { type: 'opaque', dialect: 'openai-chat', block: { type: 'x' } },
          { type: 'text', text: 'y', extensions: { 'openai-chat': { annotations: [1] } } },
        ],
      },
    )
    expect(messages[0]?.content).toEqual([
      text('Listen'),
      { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
      text('y'),
    ])
    expect(dropped).toEqual([
      'messages[0].content[1]',
      'messages[1].name',
      'messages[1].content[1]',
      'messages[1].content[2]',
      'messages[1].content[3].detail',
      'messages[1].content[4]',
      'messages[1].content[5].annotations',
    ])
  })

  it('writes files as documents and restores the fields that only this format knows', () => {
    const data = Buffer.from('Grüße').toString('base64')
    const { messages } = encode({
      role: 'user',
      content: [
        { type: 'file', name: 'Paper', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' } },
        {
          type: 'file',
          source: { kind: 'base64', mediaType: 'text/markdown', data },
          extensions: { 'anthropic-messages': { citations: { enabled: true } } },
        },
        { type: 'file', source: { kind: 'url', url: 'https://example.com/a.pdf' } },
        { type: 'file', source: { kind: 'provider-file', id: 'file_1' } },
      ],
    })
    expect(messages[0]?.content).toEqual([
      { type: 'document', title: 'Paper', source: { type: 'base64', media_type: 'application/pdf', data: 'AA' } },
      {
        type: 'document',
        source: { type: 'text', media_type: 'text/plain', data: 'Grüße' },
        citations: { enabled: true },
      },
      { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } },
      { type: 'document', source: { type: 'file', file_id: 'file_1' } },
    ])
  })
})
