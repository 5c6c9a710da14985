import { Collector } from '../canonical/collect.ts'
import type { StreamEvent } from '../canonical/stream-event.ts'
import { dialectOf } from '../dialects/registry.ts'
import { asGatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import { isObject, parseJson } from '../lib/json.ts'
import { simulate } from '../providers/simulated/simulate.ts'
import { type Transport, TransportFailure, type UpstreamCall, type UpstreamReply } from './transport.ts'
import { QueuedBody } from './upstream-body.ts'

/**
 * The network in front of the simulated model: it speaks the provider's wire format, so that a simulated call takes the very path of a
 * real one, byte for byte. Nothing is dialled.
 */
export function createSimulatedTransport(clock: Clock): Transport {
  return { send: (call) => answer(call, clock), close: async () => undefined }
}

async function answer(call: UpstreamCall, clock: Clock): Promise<UpstreamReply> {
  if (call.signal.aborted) throw new TransportFailure('aborted', false, 'the caller left')
  const dialect = dialectOf('openai-chat')
  const leave = new AbortController()
  const body = new QueuedBody({ pause: () => undefined, resume: () => undefined, abort: () => leave.abort() })
  const onAbort = () => {
    leave.abort()
    body.fail(new TransportFailure('aborted', true, 'the caller left'))
  }
  call.signal.addEventListener('abort', onAbort, { once: true })
  const parsed = parseJson(call.body.toString('utf8'))
  const request = dialect.decodeRequest(isObject(parsed) ? parsed : {})
  const events = simulate(request, { model: request.model, signal: leave.signal })
  try {
    // The first event is awaited here: what the model refuses, it refuses with a status.
    const first = await events.next()
    const head = first.done ? [] : [first.value]
    if (!request.stream) {
      const collector = new Collector()
      for (const event of head) collector.push(event)
      for await (const event of events) collector.push(event)
      body.push(Buffer.from(JSON.stringify(dialect.encodeResponse(collector.result()))))
      body.end()
      return { status: 200, headers: { 'content-type': 'application/json' }, body }
    }
    const encoder = dialect.streamEncoder({
      id: newId('chatcmpl', clock.now()),
      model: request.model,
      includeUsage: request.includeUsage ?? false,
    })
    const write = (event: StreamEvent) => {
      const text = encoder.push(event)
      if (text) body.push(Buffer.from(text))
    }
    for (const event of head) write(event)
    void (async () => {
      for await (const event of events) write(event)
      body.push(Buffer.from(encoder.end()))
      body.end()
    })().catch((error: unknown) => {
      body.fail(new TransportFailure(leave.signal.aborted ? 'aborted' : 'reset', true, String(error)))
    })
    return { status: 200, headers: { 'content-type': 'text/event-stream' }, body }
  } catch (thrown) {
    if (leave.signal.aborted) throw new TransportFailure('aborted', true, 'the caller left')
    const error = asGatewayError(thrown)
    body.push(Buffer.from(JSON.stringify(dialect.encodeError(error))))
    body.end()
    return { status: error.status, headers: { 'content-type': 'application/json' }, body }
  }
}
