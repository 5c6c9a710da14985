import { collect } from '../../src/canonical/collect.ts'
import { expand } from '../../src/canonical/expand.ts'
import type { CanonicalRequest } from '../../src/canonical/request.ts'
import type { CanonicalResponse } from '../../src/canonical/response.ts'
import type { StreamEvent } from '../../src/canonical/stream-event.ts'
import { GatewayError } from '../../src/errors/gateway-error.ts'
import { AwsEventFramer, BrokenAwsMessage } from '../../src/lib/aws-event-stream.ts'
import { parseSseFrame, SseFramer, SseFrameTooLarge } from '../../src/lib/sse.ts'
import type { SeededRandom } from '../../src/providers/simulated/random.ts'
import { awsEvent } from '../../src/testing/aws-event-frame.ts'
import { MATERIAL, type Material } from './material.ts'
import { mutateBytes, mutateJson, pieces } from './mutate.ts'

/*
 * What is fuzzed. Each target takes one piece of good material, breaks it, and runs it through the code. What is broken may be refused with an error
 * of ours (or, in streams, skipped), and nothing else may happen: no other exception, no hang, no answer that cannot be written.
 */

/** One way into the code. */
export interface Target {
  readonly name: string
  /** One try. Throws when something went wrong. */
  run(random: SeededRandom): void
}

const some = (random: SeededRandom): Material => random.pick(MATERIAL)

/** What must not throw anything but our own refusals; null when it was refused. */
function refusedOr<Result>(run: () => Result): Result | null {
  try {
    return run()
  } catch (error) {
    if (error instanceof GatewayError && error.code !== 'internal') return null
    throw error
  }
}

function broken({ dialect, request, model }: Material, random: SeededRandom): CanonicalRequest | null {
  const body = mutateJson(request, some(random).request, random)
  return refusedOr(() => dialect.decodeRequest(body, { model, stream: random.next() < 0.5 }))
}

const requests: Target = {
  name: 'requests',
  run(random) {
    const read = broken(some(random), random)
    if (!read) return
    for (const { dialect, model } of MATERIAL) {
      const encoded = refusedOr(() => dialect.encodeRequest(read, { model, quirks: {} }))
      if (encoded) JSON.stringify(encoded.body)
      refusedOr(() => dialect.priceAsks(read))
    }
  },
}

const relays: Target = {
  name: 'relayed requests',
  run(random) {
    const { dialect, request, model } = some(random)
    const body = mutateJson(request, some(random).request, random)
    const ask = {
      model,
      quirks: {},
      maxOutputTokens: 10,
      needUsage: true,
      remove: ['documents'],
      removeMetadata: ['a'],
    }
    // Only what was understood is relayed.
    if (refusedOr(() => dialect.decodeRequest(body, { model, stream: true }))) dialect.relayEdits(body, ask)
  },
}

const answers: Target = {
  name: 'answers',
  run(random) {
    const { dialect, response } = some(random)
    const body = mutateJson(response, some(random).response, random)
    const read = refusedOr(() => dialect.decodeResponse(body))
    if (read) writeAll(read)
    dialect.decodeError(random.between(400, 599), JSON.stringify(body))
  },
}

/** Whatever was read of an answer must be writable in every format, whole and as a stream. */
function writeAll(answer: CanonicalResponse): void {
  for (const { dialect } of MATERIAL) {
    JSON.stringify(dialect.encodeResponse(answer))
    write(dialect.name, expand(answer))
  }
}

function write(name: string, events: readonly StreamEvent[]): void {
  const material = MATERIAL.find(({ dialect }) => dialect.name === name)
  const encoder = material?.dialect.streamEncoder({ id: 'id', model: 'm', includeUsage: true })
  for (const event of events) if (event.type !== 'error') encoder?.push(event)
  if (!events.some(({ type }) => type === 'error')) encoder?.end()
}

const streams: Target = {
  name: 'streams',
  run(random) {
    const { dialect, frames } = some(random)
    const bytes = mutateBytes(Buffer.from(frames.join('')), random)
    const [framer, decoder] = [new SseFramer(), dialect.streamDecoder()]
    const scanner = dialect.relayScanner({ keepUsage: random.next() < 0.5, choices: random.between(1, 3) })
    const events: StreamEvent[] = []
    try {
      for (const piece of pieces(bytes, random)) {
        for (const frame of framer.push(piece)) {
          const event = parseSseFrame(frame)
          if (event) events.push(...decoder.push(event))
          scanner.scan(Buffer.from(frame))
        }
      }
    } catch (error) {
      if (error instanceof SseFrameTooLarge) return
      throw error
    }
    events.push(...decoder.end())
    scanner.end()
    scanner.cutShort({ outputText: 3 })
    checkOrder(events)
    writeAll(collect(events))
    for (const other of MATERIAL) write(other.dialect.name, events)
  },
}

/** After an error comes nothing; after the end only usage, or an error. */
function checkOrder(events: readonly StreamEvent[]): void {
  const error = events.findIndex(({ type }) => type === 'error')
  if (error !== -1 && error !== events.length - 1) throw new Error('something comes after an error')
  const end = events.findIndex(({ type }) => type === 'message-end')
  const after = end === -1 ? [] : events.slice(end + 1).filter(({ type }) => type !== 'usage' && type !== 'error')
  if (after.length > 0) throw new Error(`${after[0]?.type} comes after the end`)
}

const errors: Target = {
  name: 'errors',
  run(random) {
    const { dialect, response, frames } = some(random)
    const text = random.next() < 0.5 ? JSON.stringify(response) : frames.join('')
    const { message } = dialect.decodeError(random.between(400, 599), mutateBytes(Buffer.from(text), random).toString())
    if (message.length > 2_100) throw new Error('an error message is longer than a line')
  },
}

const binary: Target = {
  name: 'binary streams',
  run(random) {
    const framer = new AwsEventFramer(64 * 1024)
    const whole = some(random).frames.map((frame) => awsEvent(`event${random.between(0, 9)}`, frame))
    const bytes = mutateBytes(Buffer.concat(whole), random)
    try {
      for (const piece of pieces(bytes, random)) for (const frame of framer.push(piece)) parseSseFrame(frame)
      framer.rest()
    } catch (error) {
      if (!(error instanceof BrokenAwsMessage)) throw error
    }
  },
}

/** Everything that reads what others wrote. */
export const TARGETS: readonly Target[] = [requests, relays, answers, streams, errors, binary]
