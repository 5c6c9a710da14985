import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Collector } from '../src/canonical/collect.ts'
import type { DialectName } from '../src/canonical/dialect-name.ts'
import { dialectOf } from '../src/dialects/registry.ts'
import { parseSseFrame, SseFramer } from '../src/lib/sse.ts'
import type { Fault, Plan } from '../src/testing/index.ts'
import { startAllUpstreams, UPSTREAMS } from './all-upstreams.ts'
import type { Running } from './running-gateway.ts'

/*
 * What can happen to a stream on its way, over every upstream format and for every caller's: what is harmless changes nothing, and what breaks an answer is
 * told as an error. A broken answer never looks like a whole one.
 */

let running: Running

beforeAll(async () => {
  running = await startAllUpstreams()
})
afterAll(() => running.stop())

interface Caller {
  readonly dialect: DialectName
  ask(model: string): readonly [path: string, body: object]
  /** What only the end of a whole answer says. */
  readonly success: RegExp
}

const MESSAGES = [{ role: 'user', content: 'Say it.' }]
const CALLERS: readonly Caller[] = [
  {
    dialect: 'openai-chat',
    ask: (model) => [
      '/v1/chat/completions',
      { model, stream: true, stream_options: { include_usage: true }, messages: MESSAGES },
    ],
    success: /data: \[DONE\]|"finish_reason":"/,
  },
  {
    dialect: 'openai-responses',
    ask: (model) => ['/v1/responses', { model, stream: true, store: false, input: 'Say it.' }],
    success: /response\.(completed|incomplete)/,
  },
  {
    dialect: 'anthropic-messages',
    ask: (model) => ['/v1/messages', { model, stream: true, max_tokens: 500, messages: MESSAGES }],
    success: /message_stop|"stop_reason":"/,
  },
  {
    dialect: 'google-generate-content',
    ask: (model) => [
      `/v1beta/models/${model}:streamGenerateContent?alt=sse`,
      { contents: [{ role: 'user', parts: [{ text: 'Say it.' }] }] },
    ],
    success: /"finishReason"/,
  },
]
const PAIRS = CALLERS.flatMap((caller) =>
  UPSTREAMS.map(({ name, ...more }) => ({ ...more, from: caller.dialect, caller, upstream: name })),
)
const PIECES = ['Grü', 'ezi', ', ', '世', '界 ', '👋', ', and ', 'all', ' of', ' it', '.']
const TEXT = PIECES.join('')

async function streamed(caller: Caller, model: string, plan: Plan): Promise<{ status: number; text: string }> {
  running.wall.plan({ chunks: PIECES, ...plan })
  const [path, body] = caller.ask(model)
  const reply = await fetch(running.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-headgate-feature': 'e2e' },
    body: JSON.stringify(body),
  })
  // Not `text()`, which takes a byte order mark away.
  return { status: reply.status, text: Buffer.from(await reply.arrayBuffer()).toString('utf8') }
}

function understood(dialect: DialectName, text: string): Collector {
  const decoder = dialectOf(dialect).streamDecoder()
  const collector = new Collector()
  for (const frame of new SseFramer().push(Buffer.from(text))) {
    const event = parseSseFrame(frame)
    if (event) for (const each of decoder.push(event)) collector.push(each)
  }
  for (const each of decoder.end()) collector.push(each)
  return collector
}

const HARMLESS: readonly (readonly [string, Fault])[] = [
  ['a marker that never comes', { kind: 'no-done' }],
  ['a broken event in the middle', { kind: 'malformed', after: 2 }],
  ['usage that is told twice', { kind: 'usage', how: 'twice' }],
  ['usage that comes first', { kind: 'usage', how: 'early' }],
  ['usage without numbers', { kind: 'usage', how: 'null' }],
  ['no usage at all', { kind: 'usage', how: 'missing' }],
  ['comments', { kind: 'comments' }],
  ['seven bytes at a time', { kind: 'slices', bytes: 7 }],
  ['lines that end in CR', { kind: 'framing', lineEnding: '\r' }],
  [
    'lines that end in CR LF, without spaces, behind a mark',
    { kind: 'framing', lineEnding: '\r\n', noSpace: true, byteOrderMark: true },
  ],
  ['events over several lines', { kind: 'framing', manyLines: true }],
]
/** Bedrock's streams are binary: there are no lines, comments or broken events in them. */
const TEXTUAL: ReadonlySet<string> = new Set(['malformed', 'comments', 'framing'])

const NAMELESS: ReadonlySet<string> = new Set(['bedrock-converse', 'cohere-chat'])

const BROKEN: readonly (readonly [string, Fault])[] = [
  ...([0, 1, 5] as const).flatMap((after): (readonly [string, Fault])[] => [
    [`a connection that is cut after ${after} events`, { kind: 'cut', after }],
    [`an end after ${after} events`, { kind: 'eof', after }],
    [`an error after ${after} events`, { kind: 'error-event', after }],
    [`a raw error after ${after} events`, { kind: 'error-tail', after }],
  ]),
]

describe.each(PAIRS)('a stream to $from, $upstream', ({ from, caller, upstream, dialect, deployment }) => {
  const harmless = HARMLESS.filter(([, { kind }]) => {
    if (dialect === 'bedrock-converse') return !TEXTUAL.has(kind)
    // Cohere's last event is the sign that the answer is whole.
    return dialect !== 'cohere-chat' || kind !== 'no-done'
  })

  it.each(harmless)('survives %s', async (_, fault) => {
    const { status, text } = await streamed(caller, upstream, { text: TEXT, fault })
    const answer = understood(from, text)
    expect([status, answer.error]).toEqual([200, null])
    expect(answer.complete).toBe(true)
    const said = answer.result().content.flatMap((part) => (part.type === 'text' ? [part.text] : []))
    if (fault.kind !== 'malformed') expect(said.join('')).toBe(TEXT)
    expect(text).not.toMatch(/^data.*OPENROUTER/m)
    expect(text).not.toContain('\uFEFF')
  })

  it.each(BROKEN)('is never whole with %s', async (_, fault) => {
    const { status, text } = await streamed(caller, upstream, { text: TEXT, fault })
    expect(text).not.toMatch(caller.success)
    expect(text).toContain('error')
    if (status === 200) expect(understood(from, text).error).not.toBeNull()
    else expect(status).toBeGreaterThanOrEqual(500)
  })

  it.each(['in-order', 'interleaved', 'without-index', 'whole'] as const)(
    'keeps three calls apart, %s',
    async (style) => {
      const toolCalls = [
        { name: 'weather', arguments: { city: 'Zürich', days: [1, 2] } },
        { name: 'weather', arguments: { city: '東京' } },
        { name: 'now', arguments: '' },
      ]
      const { text } = await streamed(caller, upstream, { text: '', toolCalls, toolCallStyle: style })
      const { content, finishReason } = understood(from, text).result()
      const calls = content.filter((part) => part.type === 'tool-call')
      expect(calls.map(({ name, arguments: said }) => [name, JSON.parse(said)])).toEqual([
        ['weather', { city: 'Zürich', days: [1, 2] }],
        ['weather', { city: '東京' }],
        ['now', {}],
      ])
      expect(new Set(calls.map(({ id }) => id)).size).toBe(3)
      expect(finishReason).toBe('tool-calls')
    },
  )

  it('says which model served', async () => {
    const { text } = await streamed(caller, upstream, { text: TEXT, model: 'served-2026' })
    const told = understood(from, text).result().model
    // Bedrock and Cohere name none: then it is the one that was asked there.
    expect(told).toBe(NAMELESS.has(dialect) ? deployment.slice(deployment.indexOf('/') + 1) : 'served-2026')
  })
})
