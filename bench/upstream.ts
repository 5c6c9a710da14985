/*
 * The provider of the bench: replies in OpenAI's format as cheaply as it can. What to reply is said by the first part of the path, so that no body is
 * ever read: `/json/…` one answer of about 1 KB, `/chunks-200/…` a stream of so many chunks with their usage at the end.
 * `/chunks-200-usage/…` says `"usage":null` in every chunk, as OpenAI does when it was asked to count.
 *
 * JSON answers take a while, as providers do. Without that the one that is measured would be called as often as it can take, the cheaper one the more
 * often, and a process that runs without a pause costs half per call of what it costs at its usual pace.
 *
 * Chunks of all streams are written on one clock, each in a write of its own, a few milliseconds apart: a provider's tokens arrive one by one, and a
 * pass-through that were given many at once would show what it costs to copy bytes, not what a token costs.
 */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerParent } from './answer-parent.ts'

const ANSWER_MS = 20
const TICK_MS = 5
const HEAD =
  '"id":"chatcmpl-bench0000000000000000000000","object":"chat.completion.chunk","created":1764000000,"model":"bench-model"'
const WORDS = [' the', ' provider', ' says', ' a', ' few', ' words', ',', ' one', ' by', ' one']
const DONE = 'data: [DONE]\n\n'

const answer = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench0000000000000000000000',
    object: 'chat.completion',
    created: 1_764_000_000,
    model: 'bench-model',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'The provider says a few words. '.repeat(18).trim(), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 64,
      completion_tokens: 128,
      total_tokens: 192,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
    },
    service_tier: 'default',
    system_fingerprint: 'fp_bench',
  }),
)

interface Stream {
  readonly response: ServerResponse
  readonly chunks: readonly Buffer[]
  next: number
}

const running = new Set<Stream>()
const scripts = new Map<string, readonly Buffer[]>()

function scriptOf(reply: string): readonly Buffer[] {
  let script = scripts.get(reply)
  if (!script) {
    const [, count = '1', usage = ''] = /^chunks-(\d+)(-usage)?$/.exec(reply) ?? []
    script = chunksOf(Number(count), usage !== '')
    scripts.set(reply, script)
  }
  return script
}

function chunksOf(count: number, usage: boolean): readonly Buffer[] {
  const nothing = usage ? ',"usage":null' : ''
  const choice = (delta: object, finish: string | null) =>
    `data: {${HEAD},"choices":[${JSON.stringify({ index: 0, delta, logprobs: null, finish_reason: finish })}]${nothing}}\n\n`
  const chunks = Array.from({ length: count }, (_, at) =>
    Buffer.from(choice({ content: WORDS[at % WORDS.length] }, null)),
  )
  const total = usage
    ? `data: {${HEAD},"choices":[],"usage":{"prompt_tokens":64,"completion_tokens":${count},"total_tokens":${64 + count}}}\n\n`
    : ''
  const [first = Buffer.alloc(0), ...rest] = chunks
  const role = Buffer.from(choice({ role: 'assistant', content: '', refusal: null }, null))
  return [Buffer.concat([role, first]), ...rest, Buffer.from(`${choice({}, 'stop')}${total}${DONE}`)]
}

function tick(): void {
  for (const stream of running) step(stream)
}

function step(stream: Stream): void {
  const chunk = stream.chunks[stream.next]
  stream.next += 1
  if (stream.next < stream.chunks.length) stream.response.write(chunk)
  else {
    running.delete(stream)
    stream.response.end(chunk)
  }
}

const server = createServer({ keepAliveTimeout: 120_000, requestTimeout: 0 }, (request, response) => {
  request.resume()
  request.once('end', () => {
    const reply = request.url?.split('/')[1] ?? 'json'
    if (!reply.startsWith('chunks')) {
      setTimeout(() => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length })
        response.end(answer)
      }, ANSWER_MS)
      return
    }
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    const stream = { response, chunks: scriptOf(reply), next: 0 }
    running.add(stream)
    response.once('close', () => running.delete(stream))
    // The first token at once: what comes later is on the clock.
    step(stream)
  })
})
server.listen(0, '127.0.0.1', () => {
  setInterval(tick, TICK_MS)
  answerParent({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
})
