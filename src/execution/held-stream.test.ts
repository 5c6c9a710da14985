import { expect, it } from 'vitest'
import { dialectOf } from '../dialects/registry.ts'
import { SseFramer } from '../lib/sse.ts'
import { chunk, deploymentOf, ScriptedBody } from './attempt-world.contract.ts'
import { RelayReader } from './frame-reader.ts'
import { HeldStream } from './held-stream.ts'
import { LiveStream } from './live-stream.ts'
import { StreamSource } from './stream-source.ts'
import { TransportFailure } from './transport.ts'

const DEPLOYMENT = deploymentOf('host/m')
const DONE = 'data: [DONE]\n\n'

function heldOver(body: ScriptedBody): HeldStream {
  const source = new StreamSource(body, DEPLOYMENT, () => undefined)
  const reader = new RelayReader(dialectOf('openai-chat').relayScanner({ keepUsage: true }))
  return new HeldStream(new LiveStream(source, reader, DEPLOYMENT, new SseFramer()))
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
