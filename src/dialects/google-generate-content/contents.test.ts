import { describe, expect, it } from 'vitest'
import type { Part } from '../../canonical/content.ts'
import type { Message } from '../../canonical/request.ts'
import type { JsonObject } from '../../lib/json.ts'
import { encodeContents, OPENING_TURN } from './encode-contents.ts'
import { googleGenerateContent as gemini } from './index.ts'

const read = (...contents: JsonObject[]) => gemini.decodeRequest({ contents }, { model: 'm', stream: false }).messages
const write = (messages: readonly Message[], model = 'gemini-2.5-flash') => {
  const dropped: string[] = []
  return { ...encodeContents(messages, model, (path) => dropped.push(path)), dropped }
}
const again = (model: string, ...contents: JsonObject[]) => write(read(...contents), model).contents
const text = (said: string): Part => ({ type: 'text', text: said })
const user = (...content: Part[]): Message => ({ role: 'user', content })
const call = (id: string, name: string): Part => ({ type: 'tool-call', id, name, arguments: '{}' })
const result = (toolCallId: string, said: string): Message => ({
  role: 'tool',
  content: [{ type: 'tool-result', toolCallId, content: [{ type: 'text', text: said }] }],
})
const model = (...parts: JsonObject[]) => ({ role: 'model', parts })
const person = (...parts: JsonObject[]) => ({ role: 'user', parts })
const MODEL = 'gemini-3-flash-preview'

describe('parts that only Google knows', () => {
  const parts: JsonObject[] = [
    { text: 'A thought.', thought: true, thoughtSignature: 'a+/=' },
    { thought: true, thoughtSignature: 'without+a/text=' },
    { text: '', thoughtSignature: 'on+nothing/=' },
    { text: 'Signed.', thoughtSignature: 'text+/=' },
    { executableCode: { language: 'PYTHON', code: '1+1' }, thoughtSignature: 'code+/=' },
    { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '2' } },
    { toolCall: { toolType: 'GOOGLE_SEARCH', id: 's1', args: {} } },
    { toolResponse: { toolType: 'GOOGLE_SEARCH', id: 's1', response: {} } },
    { functionCall: { id: 'c', name: 'f', args: { a: 1 } }, thoughtSignature: 'call+/=' },
  ]
  const turns = [
    person({ text: 'Hi.' }),
    model(...parts),
    person({ functionResponse: { id: 'c', name: 'f', response: {} } }),
  ]

  it('go back to it as they came, signatures and order included, in camel case and in snake case', () => {
    expect(again(MODEL, ...turns)[1]).toEqual(model(...parts))
    const snake = JSON.parse(JSON.stringify(turns).replaceAll('thoughtSignature', 'thought_signature')) as JsonObject[]
    const [, written] = again(MODEL, ...snake)
    expect(JSON.stringify(written).match(/[a-z+]+\/=|without\+a\/text=/g)).toEqual(
      JSON.stringify(turns[1]).match(/[a-z+]+\/=|without\+a\/text=/g),
    )
  })

  it('are media with settings, videos and sounds of an odd kind too', () => {
    const media = [
      { inlineData: { mimeType: 'video/mp4', data: 'AAAA' }, videoMetadata: { fps: 2 } },
      { inlineData: { mimeType: 'audio/wav', data: 'AAAA' }, partMetadata: { a: 1 } },
      { inlineData: { mimeType: 'image/png', data: 'AAAA' }, mediaResolution: { level: 'MEDIA_RESOLUTION_LOW' } },
      { fileData: { mimeType: 'image/heic', fileUri: 'https://generativelanguage.googleapis.com/v1beta/files/a1' } },
      { fileData: { fileUri: 'https://www.youtube.com/watch?v=x' } },
    ]
    expect(again(MODEL, person(...media))).toEqual([person(...media)])
  })
})

describe('media', () => {
  it('are told apart by their type', () => {
    const kinds = read(
      person(
        { inlineData: { mimeType: 'image/png', data: 'AA' } },
        { inlineData: { mimeType: 'audio/wav', data: 'AA' } },
        { inlineData: { mimeType: 'application/pdf', data: 'AA', displayName: 'a.pdf' } },
        { fileData: { mimeType: 'image/png', fileUri: 'https://example.com/a.png' } },
        { fileData: { mimeType: 'application/pdf', fileUri: 'gs://bucket/a.pdf' } },
      ),
    )[0]?.content
    expect(kinds).toEqual([
      { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' } },
      { type: 'audio', source: { kind: 'base64', mediaType: 'audio/wav', data: 'AA' } },
      { type: 'file', source: { kind: 'base64', mediaType: 'application/pdf', data: 'AA' }, name: 'a.pdf' },
      { type: 'image', source: { kind: 'url', url: 'https://example.com/a.png' } },
      { type: 'file', source: { kind: 'provider-file', id: 'gs://bucket/a.pdf' } },
    ])
  })

  it.each([
    ['https://example.com/a.webp?x=1', 'image/webp'],
    ['https://example.com/picture', 'image/jpeg'],
  ])('of other formats get the type that their address tells: %s', (url, mimeType) => {
    const { contents } = write([user({ type: 'image', source: { kind: 'url', url } })])
    expect(contents).toEqual([person({ fileData: { mimeType, fileUri: url } })])
  })
})

describe('calls and results without ids', () => {
  const turns = [
    person({ text: 'Hi.' }),
    model({ functionCall: { name: 'f', args: { a: 1 } } }, { functionCall: { name: 'f', args: { a: 2 } } }),
    person(
      { functionResponse: { name: 'f', response: { output: 'one' } } },
      { functionResponse: { name: 'f', response: { output: 'two' } } },
    ),
    model({ functionCall: { name: 'f', args: { a: 3 } } }),
    person({ functionResponse: { name: 'f', response: { output: 'three' } } }),
  ]

  it('are paired by name and order, and get ids that stay the same as the conversation grows', () => {
    const ids = read(...turns).flatMap(({ content }) =>
      content.flatMap((part) =>
        part.type === 'tool-call' ? [part.id] : part.type === 'tool-result' ? [part.toolCallId] : [],
      ),
    )
    expect(ids).toEqual(['hgcall_1', 'hgcall_2', 'hgcall_1', 'hgcall_2', 'hgcall_3', 'hgcall_3'])
    expect(read(...turns.slice(0, 3))).toEqual(read(...turns).slice(0, 4))
  })

  it('go back to Gemini without ids', () => {
    expect(again('gemini-2.5-flash', ...turns)).toEqual(turns)
  })
})

describe('results of functions', () => {
  it.each([
    [{ output: 'Sunny' }, 'Sunny', undefined],
    [{ error: 'No such place' }, 'No such place', true],
    [{ sky: 'sunny', degrees: 20 }, '{"sky":"sunny","degrees":20}', undefined],
    [{ output: { sky: 'sunny' } }, '{"output":{"sky":"sunny"}}', undefined],
    [{ error: { code: 7 } }, '{"error":{"code":7}}', true],
  ])('%j are a text to others, and themselves to Google', (response, said, isError) => {
    const turns = [
      person({ text: 'Hi.' }),
      model({ functionCall: { id: 'c', name: 'f', args: {} }, thoughtSignature: 's' }),
      person({ functionResponse: { id: 'c', name: 'f', response: response as JsonObject } }),
    ]
    const [, , tool] = read(...turns)
    expect(tool?.content[0]).toMatchObject({ content: [{ type: 'text', text: said }], ...(isError ? { isError } : {}) })
    expect(again(MODEL, ...turns)).toEqual(turns)
  })

  it.each([
    ['{"sky": "sunny"}', { output: '{"sky": "sunny"}' }],
    ['{"n":1.0}', { output: '{"n":1.0}' }],
    ['{"n":1}', { n: 1 }],
    ['{"output":1}', { output: '{"output":1}' }],
    ['[1]', { output: '[1]' }],
  ])('of other formats, %s, travel as an object only where nothing of the text is lost', (said, response) => {
    const { contents } = write([user(text('Hi.')), { role: 'assistant', content: [call('c', 'f')] }, result('c', said)])
    expect(contents[2]).toEqual(person({ functionResponse: { id: 'c', name: 'f', response: response as JsonObject } }))
  })

  it('stand in the order of their calls, all in one turn, however they came', () => {
    const { contents } = write([
      user(text('Hi.')),
      { role: 'assistant', content: [call('a', 'f'), call('b', 'g')] },
      result('b', 'second'),
      result('a', 'first'),
      user(text('Well?')),
    ])
    expect(contents.slice(2)).toEqual([
      person(
        { functionResponse: { id: 'a', name: 'f', response: { output: 'first' } } },
        { functionResponse: { id: 'b', name: 'g', response: { output: 'second' } } },
      ),
      person({ text: 'Well?' }),
    ])
  })

  it('hold pictures from Gemini 3 on; before, those follow in a turn of the user', () => {
    const picture: Part = { type: 'image', source: { kind: 'base64', mediaType: 'image/png', data: 'AA' } }
    const shown: Message = { role: 'tool', content: [{ type: 'tool-result', toolCallId: 'c', content: [picture] }] }
    const turns: Message[] = [user(text('Hi.')), { role: 'assistant', content: [call('c', 'f')] }, shown]
    const inlineData = { mimeType: 'image/png', data: 'AA' }
    const functionResponse = { id: 'c', name: 'f', response: { output: '' } }
    expect(write(turns, MODEL).contents[2]).toEqual(
      person({ functionResponse: { ...functionResponse, parts: [{ inlineData }] } }),
    )
    expect(write(turns, 'gemini-2.5-pro').contents.slice(2)).toEqual([
      person({ functionResponse }),
      person({ text: 'Result of the function f:' }, { inlineData }),
    ])
  })
})

describe('a conversation of another format', () => {
  it('has its system prompt apart, and instructions in the middle in their place', () => {
    const { systemInstruction, contents } = write([
      { role: 'system', content: [text('Be brief.')] },
      user(text('Hi.')),
      { role: 'assistant', content: [text('Hello.')] },
      { role: 'system', content: [text('Answer in Czech.')] },
      user(text('Well?')),
    ])
    expect(systemInstruction).toEqual({ parts: [{ text: 'Be brief.' }] })
    expect(contents.at(-1)).toEqual(
      person({ text: '<system-note>\nAnswer in Czech.\n</system-note>' }, { text: 'Well?' }),
    )
  })

  it('begins with the user, and has one turn of the model at a time', () => {
    const { contents } = write([
      { role: 'assistant', content: [text('One.')] },
      { role: 'assistant', content: [text('Two.')] },
    ])
    expect(contents).toEqual([person({ text: OPENING_TURN }), model({ text: 'One.' }, { text: 'Two.' })])
    expect(write([{ role: 'system', content: [text('Be brief.')] }]).contents).toEqual([person({ text: OPENING_TURN })])
  })

  it('has its first call of a turn signed from Gemini 3 on, and no other', () => {
    const turns: Message[] = [
      user(text('Hi.')),
      { role: 'assistant', content: [call('a', 'f'), call('b', 'f')] },
      result('a', 'x'),
      result('b', 'y'),
    ]
    const signatures = (of: string) => JSON.stringify(write(turns, of).contents).match(/skip_thought\w+/g)?.length ?? 0
    expect(signatures(MODEL)).toBe(1)
    expect(signatures('gemini-flash-latest')).toBe(1)
    expect(signatures('gemini-2.5-flash')).toBe(0)
    const [, said] = read(...write(turns, MODEL).contents)
    expect(said?.content[0]).toEqual(call('a', 'f'))
  })

  it('leaves out the thoughts and seals of others, and says so', () => {
    const { contents, dropped } = write([
      user(text('Hi.')),
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm.', signature: 'x', origin: 'anthropic-messages' },
          { type: 'reasoning', text: 'Hm.' },
          text('Hello.'),
        ],
      },
    ])
    expect(contents[1]).toEqual(model({ text: 'Hello.' }))
    expect(dropped).toEqual(['messages[1].content[0]', 'messages[1].content[1]'])
  })

  it('spells names of functions that Google does not take, and reads them back', () => {
    const turns: Message[] = [user(text('Hi.')), { role: 'assistant', content: [call('a', '1-up!')] }, result('a', 'x')]
    const { contents } = write(turns)
    expect(JSON.stringify(contents)).not.toContain('1-up!')
    expect(read(...contents)[1]?.content[0]).toMatchObject({ name: '1-up!' })
    const names = JSON.stringify(contents).match(/"name":"(\w+)"/g)
    expect(new Set(names).size).toBe(1)
    const long: Message[] = [user(text('Hi.')), { role: 'assistant', content: [call('a', 'x'.repeat(129))] }]
    expect(() => write(long)).toThrow(expect.objectContaining({ code: 'unsupported_parameter' }))
  })

  it('marks a cache segment by name without telling Google', () => {
    const [message] = read(person({ text: 'Long text.', cache_key: 'support-v7' }))
    expect(message?.content[0]).toEqual({ type: 'text', text: 'Long text.', cacheKey: 'support-v7' })
    expect(write(message ? [message] : []).contents).toEqual([person({ text: 'Long text.' })])
  })
})

describe('a conversation that Google’s client streamed', () => {
  it('has every chunk as a content of its own, which are one turn', () => {
    const said = read(
      person({ text: 'Hi.' }),
      model({ text: 'Let me ', thought: true }),
      model({ text: 'see.', thought: true }),
      model({ text: 'One' }),
      model({ text: ' ' }),
      model({ text: 'two.' }),
      model({ functionCall: { id: 'a', name: 'f', args: {} }, thoughtSignature: 'seal+/=' }),
      model({ functionCall: { id: 'b', name: 'f', args: {} } }),
      person(
        { functionResponse: { id: 'a', name: 'f', response: { output: '1' } } },
        { functionResponse: { id: 'b', name: 'f', response: { output: '2' } } },
      ),
    )
    expect(said.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'tool'])
    expect(said[1]?.content).toMatchObject([
      { type: 'reasoning', text: 'Let me see.' },
      { type: 'text', text: 'One two.' },
      { type: 'tool-call', id: 'a' },
      { type: 'tool-call', id: 'b' },
    ])
  })

  it('keeps what is signed apart', () => {
    const parts = [{ text: 'One' }, { text: ' two', thoughtSignature: 'text+/=' }, { text: ' three' }]
    expect(again(MODEL, person({ text: 'Hi.' }), ...parts.map((part) => model(part)))[1]).toEqual(model(...parts))
  })
})
