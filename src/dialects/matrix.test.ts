/*
 * Every pair of wire formats, on one rich conversation and one rich answer: what a caller of one format says, as a provider of the
 * other hears it. The golden files beside this test are read in review: each is what really goes over the wire.
 */
import { describe, expect, it } from 'vitest'
import { collect } from '../canonical/collect.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import { outputTokens } from '../canonical/usage.ts'
import { type JsonObject, parseJson } from '../lib/json.ts'
import { parseSseFrame, SseFramer, sseText } from '../lib/sse.ts'
import type { Dialect } from './dialect.ts'
import { anthropicMessagesSample } from './matrix/anthropic-messages.sample.ts'
import { bedrockConverseSample } from './matrix/bedrock-converse.sample.ts'
import { cohereChatSample } from './matrix/cohere-chat.sample.ts'
import { googleGenerateContentSample } from './matrix/google-generate-content.sample.ts'
import { openaiChatSample } from './matrix/openai-chat.sample.ts'
import { openaiResponsesSample } from './matrix/openai-responses.sample.ts'
import type { MatrixSample } from './matrix/sample.ts'
import { DIALECTS, dialectOf, operationOf } from './registry.ts'

const SAMPLES: readonly MatrixSample[] = [
  openaiChatSample,
  openaiResponsesSample,
  anthropicMessagesSample,
  bedrockConverseSample,
  cohereChatSample,
  googleGenerateContentSample,
]
const PAIRS = SAMPLES.flatMap((asked) =>
  SAMPLES.map((served) => ({ from: asked.dialect, to: served.dialect, asked, served })),
)

it('has a sample of every format for words', () => {
  expect(SAMPLES.map(({ dialect }) => dialect).sort()).toEqual(
    [...DIALECTS.keys()].filter((name) => operationOf(name) === 'chat').sort(),
  )
})

describe.each(PAIRS)('from $from to $to', ({ from, to, asked, served }) => {
  const caller = dialectOf(from)
  const provider = dialectOf(to)
  const golden = (what: string) => `./matrix/${from}-to-${to}.${what}`

  it('writes the request', async () => {
    const request = sayable(caller.decodeRequest(asked.request, ADDRESS), served)
    const encoded = provider.encodeRequest(request, { model: served.model, quirks: {} })
    await expect(pretty(encoded)).toMatchFileSnapshot(golden('request.golden.json'))
    const calls = (body: JsonObject, dialect: Dialect) =>
      dialect
        .decodeRequest(body, ADDRESS)
        .messages.flatMap(({ content }) =>
          content.flatMap((part) =>
            part.type === 'tool-call' ? [part.id] : part.type === 'tool-result' ? [part.toolCallId] : [],
          ),
        )
    expect(calls(encoded.body, provider)).toEqual(calls(asked.request, caller))
  })

  it('writes the answer', async () => {
    const answer = collect(eventsOf(asked))
    const body = provider.encodeResponse(answer)
    await expect(pretty(timeless(JSON.stringify(body)))).toMatchFileSnapshot(golden('answer.golden.json'))
    expect(said(provider.decodeResponse(body), served)).toEqual(said(answer, served))
  })

  it('writes the stream', async () => {
    const events = eventsOf(asked)
    const encoder = provider.streamEncoder({ id: 'given', model: 'given', includeUsage: true })
    const text = events.map((event) => encoder.push(event)).join('') + encoder.end()
    await expect(timeless(text)).toMatchFileSnapshot(golden('stream.golden.txt'))
    expect(said(collect(read(provider, text)), served)).toEqual(said(collect(events), served))
  })
})

/** What the address says, in formats that leave it to the address. */
const ADDRESS = { model: 'support', stream: false }

function eventsOf({ dialect, stream, namedByKey }: MatrixSample) {
  const frames = stream.map((data) => {
    const [name] = Object.keys(data)
    return namedByKey && name ? sseText(JSON.stringify(data[name]), name) : sseText(JSON.stringify(data))
  })
  return read(dialectOf(dialect), frames.join(''))
}

/** The request without what the provider's format refuses. */
function sayable(request: CanonicalRequest, { pictureUrls, stops }: MatrixSample): CanonicalRequest {
  const { stop: _, ...unending } = request
  const allowed = stops === false ? unending : request
  return pictureUrls === false ? withoutLinks(allowed) : allowed
}

/** A request with the bytes of its pictures in place of their addresses. */
function withoutLinks(request: CanonicalRequest): CanonicalRequest {
  const source = { kind: 'base64', mediaType: 'image/png', data: 'iVBORw0KGgo=' } as const
  const inline = <Piece extends { readonly type: string }>(piece: Piece): Piece =>
    piece.type === 'image' ? { ...piece, source } : piece
  const messages = request.messages.map((message) => ({
    ...message,
    content: message.content.map((part) =>
      part.type === 'tool-result' ? { ...part, content: part.content.map(inline) } : inline(part),
    ),
  }))
  return { ...request, messages }
}

function read(dialect: Dialect, text: string) {
  const decoder = dialect.streamDecoder()
  const events = new SseFramer().push(Buffer.from(text)).flatMap((frame) => {
    const event = parseSseFrame(frame)
    return event ? decoder.push(event) : []
  })
  return [...events, ...decoder.end()]
}

/** What an answer says, whatever the format it went through: texts, calls with their meaning, finish and counters. */
function said({ content, finishReason, usage = {} }: ReturnType<typeof collect>, { unsaid }: MatrixSample) {
  const { raw: _, ...all } = usage
  const { reasoning: __, ...rest } = all
  const counted = unsaid?.includes('reasoning') ? { ...rest, outputText: outputTokens(usage) } : all
  // Some formats must name every figure, and say zero for what is not known.
  const counters = Object.fromEntries(Object.entries(counted).filter(([, count]) => count !== 0))
  const parts = content.map((part) => {
    if (part.type === 'tool-call') return [part.id, part.name, parseJson(part.arguments)]
    return 'text' in part ? [part.type, part.text] : [part.type]
  })
  return { parts, finishReason, counters }
}

/** Formats that tell the time tell it now, and those that need an id make one where the upstream gave none. */
function timeless(text: string): string {
  return text.replace(/"created(_at)?":\d+/g, '"created$1":0').replace(/_[0-9a-z]{25}(?=["_])/g, '_new')
}

function pretty(value: unknown): string {
  return `${JSON.stringify(typeof value === 'string' ? parseJson(value) : value, null, 2)}\n`
}
