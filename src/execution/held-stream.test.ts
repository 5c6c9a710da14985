import { describe, expect, it } from 'vitest'
import type { DialectName } from '../canonical/dialect-name.ts'
import { expand } from '../canonical/expand.ts'
import { dialectOf } from '../dialects/registry.ts'
import { SseFramer } from '../lib/sse.ts'
import { chunk, deploymentOf, ScriptedBody } from './attempt-world.contract.ts'
import { EventReader, RelayReader } from './frame-reader.ts'
import { HeldStream } from './held-stream.ts'
import { LiveStream } from './live-stream.ts'
import { StreamSource } from './stream-source.ts'
import { TransportFailure } from './transport.ts'

const DEPLOYMENT = deploymentOf('host/m')
const DONE = 'data: [DONE]\n\n'

function heldOver(body: ScriptedBody, format: DialectName = 'openai-chat', way = 'relayed'): HeldStream {
  const source = new StreamSource(body, DEPLOYMENT, () => undefined)
  const framer = new SseFramer()
  const dialect = dialectOf(format)
  return new HeldStream(
    way === 'relayed'
      ? new LiveStream(source, new RelayReader(dialect.relayScanner({ keepUsage: true })), DEPLOYMENT, framer)
      : new LiveStream(source, new EventReader(dialect.streamDecoder()), DEPLOYMENT, framer),
  )
}

async function toTheEnd(stream: HeldStream): Promise<string> {
  let text = ''
  for (let piece = await stream.read(); piece; piece = await stream.read()) {
    if (piece.kind === 'bytes') text += piece.bytes.toString()
  }
  const tail = stream.tail()
  return text + (tail?.kind === 'bytes' ? tail.bytes.toString() : '')
}

it('gives what it held back byte for byte, with its end', async () => {
  const answer = [chunk({ content: 'One ' }), chunk({ content: 'two.' }), chunk({}, 'stop') + DONE]
  const body = new ScriptedBody()
  for (const [at, bytes] of answer.entries()) body.say(bytes, at === answer.length - 1)
  const stream = heldOver(body)
  expect(await stream.fill()).toBe(true)
  expect(await toTheEnd(stream)).toBe(answer.join(''))
})

it('rejects while it is filled when the answer is cut', async () => {
  const body = new ScriptedBody().say(chunk({ content: 'One ' }))
  const stream = heldOver(body)
  const filling = stream.fill()
  body.fail(new TransportFailure('reset', true, 'the connection broke'))
  await expect(filling).rejects.toMatchObject({ failure: 'truncated' })
  expect(stream.summary.outputBytes).toBe(4)
})

it('holds no more than its most: what is longer streams on from there', async () => {
  const body = new ScriptedBody().say(chunk({ content: 'One ' }))
  const stream = heldOver(body)
  expect(await stream.fill(1)).toBe(false)
  body.say(chunk({ content: 'two.' }) + chunk({}, 'stop') + DONE, true)
  expect(await toTheEnd(stream)).toBe(
    chunk({ content: 'One ' }) + chunk({ content: 'two.' }) + chunk({}, 'stop') + DONE,
  )
})

/** A whole answer as a format streams it, and where its own words for the end of it are over. */
function streamOf(format: DialectName, endsWith: string): { readonly bytes: Buffer; readonly wholeAt: number } {
  const encoder = dialectOf(format).streamEncoder({ id: 'a1', model: 'm-1', includeUsage: true })
  const usage = { inputUncached: 3, outputText: 2 }
  const answer = expand({ content: [{ type: 'text', text: 'Grüezi, 世界.' }], finishReason: 'stop', usage })
  const text = answer.map((event) => encoder.push(event)).join('') + encoder.end()
  const wholeAt = text.indexOf('\n\n', text.indexOf(endsWith)) + 2
  return { bytes: Buffer.from(text), wholeAt: Buffer.byteLength(text.slice(0, wholeAt)) }
}

const SAYS_ITS_END = [
  ['openai-chat', '"finish_reason":"stop"'],
  ['openai-responses', '"type":"response.completed"'],
  ['anthropic-messages', '"stop_reason":"end_turn"'],
  ['google-generate-content', '"finishReason":"STOP"'],
  ['cohere-chat', '"type":"message-end"'],
] as const

describe.each(SAYS_ITS_END)('a connection that is reset at any byte of an answer in the format %s', (format, says) => {
  it.each(['relayed', 'translated'])(
    'breaks the answer before it has said its end, and never after: %s',
    async (way) => {
      const { bytes, wholeAt } = streamOf(format, says)
      expect(wholeAt).toBeGreaterThan(100)
      for (let at = 0; at <= bytes.length; at += at > wholeAt - 4 && at < wholeAt + 4 ? 1 : 3) {
        const body = new ScriptedBody()
        body.push(bytes.subarray(0, at))
        body.fail(new TransportFailure('reset', true, 'the connection broke'))
        const stream = heldOver(body, format, way)
        const outcome = await stream.fill().then(
          () => stream.response(dialectOf(format), new SseFramer())?.content,
          (failure) => failure.failure,
        )
        expect([at, outcome]).toEqual([at, at < wholeAt ? 'truncated' : [{ type: 'text', text: 'Grüezi, 世界.' }]])
      }
    },
  )
})
