import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamEvent } from '../../../src/canonical/stream-event.ts'
import { GatewayError } from '../../../src/errors/gateway-error.ts'
import type { Gateway } from '../../../src/gateway/create-gateway.ts'
import { argumentsOf } from '../../conformance/plain-json.ts'
import { FEATURE, promptOf, TENANT, TOOLS, wireAsk } from './ask.ts'
import { heardOf } from './call-http.ts'
import { type Ended, type Heard, NOTHING } from './heard.ts'
import type { StreamPlan } from './stream-plan.ts'
import { taskOf } from './upstreams.ts'

/** Callers of a library count events and not bytes. */
const BYTES_AN_EVENT = 100
/** After so many pieces a slow reader hurries. */
const SLOW_PIECES = 40

/** Calls a gateway in this process by its `fetch`. */
export async function callFetch(gateway: Gateway, plan: StreamPlan): Promise<Heard> {
  const { path, headers, body } = wireAsk(plan, null)
  const { behaviour } = plan
  const caller = new AbortController()
  const timer = behaviour.kind === 'leaves-at' ? setTimeout(() => caller.abort(), behaviour.ms) : undefined
  const chunks: Uint8Array[] = []
  let reply: Response | null = null
  let ended: Ended = 'end'
  try {
    const context = { tenantId: TENANT, feature: FEATURE, ...(plan.isPoor ? { userId: plan.name } : {}) }
    reply = await gateway.fetchFor(context)(`http://headgate${path}`, {
      method: 'POST',
      headers,
      body,
      signal: caller.signal,
    })
    const reader = reply.body?.getReader()
    let bytes = 0
    let pieces = 0
    while (reader) {
      if (behaviour.kind === 'leaves-after' && bytes >= behaviour.amount) {
        // Callers leave in two ways: they stop reading, or they give up the call.
        if (plan.index % 2 === 0) await reader.cancel()
        else caller.abort()
        ended = 'left'
        break
      }
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      bytes += value.length
      pieces += 1
      if (behaviour.kind === 'reads-slowly' && pieces < SLOW_PIECES) await sleep(behaviour.pauseMs)
    }
  } catch {
    ended = caller.signal.aborted ? 'left' : 'broken'
  } finally {
    clearTimeout(timer)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  return heardOf(plan, ended, reply && { statusCode: reply.status, headers: Object.fromEntries(reply.headers) }, text)
}

/** Calls a gateway in this process as its library. */
export async function callLibrary(gateway: Gateway, plan: StreamPlan): Promise<Heard> {
  const { behaviour } = plan
  const caller = new AbortController()
  const timer = behaviour.kind === 'leaves-at' ? setTimeout(() => caller.abort(), behaviour.ms) : undefined
  const stream = gateway.stream({
    tenantId: TENANT,
    feature: FEATURE,
    ...(plan.isPoor ? { userId: plan.name } : {}),
    model: taskOf(plan),
    messages: [{ role: 'user', content: promptOf(plan) }],
    tools: TOOLS,
    traceparent: `00-${plan.name}-00000000000000a1-01`,
    signal: caller.signal,
  })
  const events: StreamEvent[] = []
  let left = false
  let served: string | null = null
  let error: GatewayError | null = null
  try {
    for await (const event of stream) {
      events.push(event)
      if (behaviour.kind === 'leaves-after' && events.length * BYTES_AN_EVENT >= behaviour.amount) {
        left = true
        break
      }
      if (behaviour.kind === 'reads-slowly' && events.length < SLOW_PIECES) await sleep(behaviour.pauseMs)
    }
    if (!left) served = (await stream.answer).model
  } catch (thrown) {
    if (caller.signal.aborted) left = true
    else error = thrown instanceof GatewayError ? thrown : new GatewayError('internal', String(thrown))
  } finally {
    clearTimeout(timer)
  }
  const status = error && events.length === 0 ? error.status : 200
  const meaning = meaningOf(events, error, status)
  return {
    ended: left ? 'left' : 'end',
    status,
    served,
    meaning,
    body: events.map((event) => JSON.stringify(event)).join('\n'),
  }
}

/** What canonical events mean, read plainly. */
function meaningOf(events: readonly StreamEvent[], error: GatewayError | null, status: number): Heard['meaning'] {
  const joined = (type: 'text-delta' | 'reasoning-delta' | 'refusal-delta') =>
    events.map((event) => (event.type === type ? event.text : '')).join('')
  const calls = events.flatMap((event) => {
    if (event.type !== 'tool-call-start') return []
    const { index, id, name } = event
    const pieces = events.map((one) => (one.type === 'tool-call-delta' && one.index === index ? one.arguments : ''))
    return [{ id, name, arguments: argumentsOf(pieces.join('')) }]
  })
  const ends = events.flatMap((event) => (event.type === 'message-end' ? [event.finishReason] : []))
  return {
    ...NOTHING,
    status,
    choices: [
      {
        text: joined('text-delta'),
        reasoning: joined('reasoning-delta'),
        refusal: joined('refusal-delta'),
        calls,
        foreign: [],
        finish: ends[0] ?? null,
        stopText: null,
      },
    ],
    error: error && { status, code: error.code, message: error.message },
    stream: {
      complete: error === null && ends.length > 0,
      markers: ends.length,
      markerIsLast: events.findLast(({ type }) => type !== 'usage')?.type === 'message-end',
    },
  }
}
