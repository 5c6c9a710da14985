/*
 * What the tests of this room share: deployments, a request, and a network of which every reply is written by the test.
 */
import type { DialectName } from '../canonical/dialect-name.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { JsonObject } from '../lib/json.ts'
import { membersOf } from '../lib/json-members.ts'
import { Secret } from '../lib/secret.ts'
import type { Deployment, Endpoint, Timeouts } from '../providers/deployment.ts'
import type { AttemptAsk } from './attempt.ts'
import type { Inbound } from './encode-attempt.ts'
import type { Transport, UpstreamCall, UpstreamReply } from './transport.ts'
import { type Flow, QueuedBody } from './upstream-body.ts'

const TIMEOUTS: Timeouts = { connectMs: 5_000, firstByteMs: 5_000, firstTokenMs: 5_000, idleMs: 5_000, totalMs: 60_000 }

/** An endpoint that takes a bearer key. */
export function endpointAt(
  baseUrl: string,
  timeouts: Partial<Timeouts> = {},
  dialect: DialectName = 'openai-chat',
): Endpoint {
  return {
    provider: 'host',
    type: 'host',
    dialects: [dialect],
    baseUrl,
    auth: { kind: 'bearer' },
    apiKey: new Secret('sk-host'),
    headers: {},
    timeouts: { ...TIMEOUTS, ...timeouts },
    quirks: {},
    abortStopsBilling: true,
    region: null,
    simulated: false,
  }
}

/** A deployment whose network is scripted. */
export function deploymentOf(
  id: string,
  timeouts: Partial<Timeouts> = {},
  dialect: DialectName = 'openai-chat',
): Deployment {
  const [provider = '', model = ''] = id.split('/')
  return {
    id,
    endpoint: { ...endpointAt('http://host.test/v1', timeouts, dialect), provider },
    model,
    dialects: [dialect],
    price: null,
    contextTokens: null,
    maxOutputTokens: null,
    lacks: [],
    quality: null,
  }
}

/** A short question. */
export function asking(change: Partial<CanonicalRequest> = {}): CanonicalRequest {
  return {
    model: 'm',
    stream: false,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi.' }] }],
    ...change,
  }
}

/** What came in, as a body of a wire format; null for a call of the library. */
export function inboundOf(dialect: DialectName | null, text?: string): Inbound {
  const bytes = Buffer.from(text ?? '')
  const original =
    text === undefined ? null : { bytes, members: membersOf(bytes), body: JSON.parse(text) as JsonObject }
  const body = original?.body ?? null
  return { dialect, original, body, headers: {}, remove: [], removeMetadata: [], parametersChanged: false }
}

/** What one attempt is asked. */
export function attemptAsk(change: Partial<AttemptAsk> = {}): AttemptAsk {
  return {
    deployment: deploymentOf('host/m'),
    request: asking(),
    inbound: inboundOf(null),
    promptCacheKey: undefined,
    budgetMs: Number.MAX_SAFE_INTEGER,
    signal: new AbortController().signal,
    beforeDispatch: () => undefined,
    ...change,
  }
}

/** A body that the test fills, and whether it was given up. */
export class ScriptedBody extends QueuedBody {
  aborted = false
  pauses = 0

  constructor(flow: Partial<Flow> = {}) {
    super({
      pause: () => {
        this.pauses += 1
      },
      resume: () => undefined,
      abort: () => {
        this.aborted = true
      },
      ...flow,
    })
  }

  /** Pushes text, and ends the body when asked to. */
  say(text: string, end = false): this {
    if (text !== '') this.push(Buffer.from(text))
    if (end) this.end()
    return this
  }
}

/** A reply in JSON. */
export function jsonOf(status: number, value: unknown): UpstreamReply {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: new ScriptedBody().say(JSON.stringify(value), true),
  }
}

/** A whole answer in the format of Chat Completions. */
export function answerOf(text: string): UpstreamReply {
  const choices = [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }]
  return jsonOf(200, { id: 'c1', model: 'm-1', choices, usage: { prompt_tokens: 3, completion_tokens: 2 } })
}

/** One event of a Chat Completions stream. */
export function chunk(delta: JsonObject, finish: string | null = null): string {
  return `data: ${JSON.stringify({ id: 'c1', model: 'm-1', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
}

/** A reply that streams what the test pushes into its body. */
export function streamOf(body: ScriptedBody): UpstreamReply {
  return { status: 200, headers: { 'content-type': 'text/event-stream' }, body }
}

/** How a scripted network answers one call; a thrown error is a call that failed. */
export type Script = (call: UpstreamCall) => UpstreamReply | Promise<UpstreamReply>

/** A network that answers call by call, and remembers what it was sent. */
export function scriptedTransport(
  ...scripts: readonly Script[]
): Transport & { readonly calls: readonly UpstreamCall[] } {
  const calls: UpstreamCall[] = []
  return {
    calls,
    async send(call) {
      const script = scripts[calls.length]
      calls.push(call)
      if (!script) throw new Error('the network was called more often than the test expects')
      return script(call)
    },
    close: async () => undefined,
  }
}

/** The machine's clock, moved forward by hand. */
export function movedClock(): Clock & { forwardMs: number } {
  return {
    forwardMs: 0,
    now: () => systemClock.now(),
    monotonic() {
      return systemClock.monotonic() + this.forwardMs
    },
  }
}
