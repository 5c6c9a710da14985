/*
 * One upstream call, from the bytes we write to the first content of the answer.
 *
 * Until that first content nothing of the attempt is visible to the caller, so a failure up to there (refused connection, error status,
 * silence, an error as the first event) can still be answered by another deployment. After it, failures belong to the answer.
 */

import { Collector } from '../canonical/collect.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { CanonicalResponse } from '../canonical/response.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import { parseExactJson } from '../lib/exact-json.ts'
import type { JsonValue } from '../lib/json.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { Deployment, Timeouts } from '../providers/deployment.ts'
import { type Answer, type AnswerCheck, type AnswerSummary, NOT_STREAMED, type WholeAnswer } from './answer.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { AttemptWatch } from './attempt-watch.ts'
import { failureOfReply, failureOfStatus, failureOfTransport } from './classify-failure.ts'
import { encodeAttempt, type Inbound } from './encode-attempt.ts'
import type { AttemptTimeouts } from './failure-handling.ts'
import { EventReader, RelayReader } from './frame-reader.ts'
import { type Framer, framerOf } from './framing.ts'
import { HeldStream } from './held-stream.ts'
import { LiveStream } from './live-stream.ts'
import type { Meter } from './meter.ts'
import { readAll, readUpTo } from './read-all.ts'
import { StreamSource } from './stream-source.ts'
import { type Transport, TransportFailure, type UpstreamReply } from './transport.ts'
import { type UpstreamWay, upstreamWay } from './upstream-way.ts'

/** What one attempt needs. */
export interface AttemptAsk {
  readonly deployment: Deployment
  /** What is asked, after guards and policy: model, caps and parameters are final. */
  readonly request: CanonicalRequest
  readonly inbound: Inbound
  readonly promptCacheKey: string | undefined
  /** The output cap, over that of the request. Default: the request's own. */
  readonly maxOutputTokens?: number | null
  /** Milliseconds this attempt may take until its first content (streams) or its whole answer. */
  readonly budgetMs: number
  readonly signal: LeaveSignal
  /** Clocks that count instead of the provider's. Default: none. */
  readonly timeouts?: AttemptTimeouts | null
  /** Called with everything ready, just before the first byte leaves. */
  readonly beforeDispatch: () => void
  /** Whether a stream is held back until it is whole: then all that can go wrong with it goes wrong in here. Default false. */
  readonly holdStream?: boolean
  /** What is wrong with a whole answer, or null. Default: nothing is. */
  readonly check?: AnswerCheck | undefined
  /** Called when the first content of a stream is there. */
  readonly onContent?: () => void
  /** Called when all of an answer in one piece is there: it is read when the promise resolves, or at once. Default: at once. */
  readonly onWhole?: () => Promise<void> | null
  /** Makes the meter of a stream that begins; null when nothing is to be metered. Default null. */
  readonly meter?: () => Meter | null
}

/** An answer with its first content in hand. */
export interface OpenedAnswer {
  readonly answer: Answer
  /** Paths of request fields that this deployment's format cannot say. */
  readonly dropped: readonly string[]
}

/** Makes one attempt. Rejects with AttemptFailure, or with GatewayError when the request cannot be written for this deployment. */
export async function attempt(ask: AttemptAsk, transport: Transport, clock: Clock): Promise<OpenedAnswer> {
  const { deployment, request, inbound } = ask
  const way = upstreamWay(deployment, inbound.dialect, request.stream)
  const encoded = encodeAttempt(request, deployment, inbound, ask.promptCacheKey, ask.maxOutputTokens, way.dialect)
  const timeouts = timeoutsOf(ask)
  ask.beforeDispatch()
  const startedAt = ask.holdStream ? clock.monotonic() : 0
  const watch = new AttemptWatch(ask.signal, limitMs(ask, timeouts))
  try {
    const reply = await transport.send({
      endpoint: deployment.endpoint,
      path: way.path,
      headers: way.headers,
      ownHeaders: way.isRelay ? inbound.headers : null,
      body: encoded.body,
      timeouts,
      signal: watch,
    })
    const opening = open(reply, ask, way, watch, clock)
    const opened = opening instanceof Promise ? await opening : opening
    const holds = ask.holdStream && opened instanceof LiveStream
    const answer = holds
      ? await held(
          opened,
          Math.min(timeouts.totalMs, ask.budgetMs),
          watch,
          clock.monotonic() - startedAt,
          encoded.dropped,
        )
      : opened
    if (ask.check) checkAnswer(answer, ask.check, reply, way.dialect)
    if (answer.kind === 'stream') watch.begun()
    else watch.over()
    return { answer, dropped: encoded.dropped }
  } catch (error) {
    watch.abandon()
    throw watch.blame(deployment, asAttemptFailure(error, deployment))
  }
}

/** The answer in a reply, at once where all of it is there. */
function open(
  reply: UpstreamReply,
  ask: AttemptAsk,
  way: UpstreamWay,
  watch: AttemptWatch,
  clock: Clock,
): LiveStream<unknown> | WholeAnswer | Promise<LiveStream<unknown> | WholeAnswer> {
  const { deployment } = ask
  const { status, headers, body } = reply
  if (status < 200 || status > 299) return refused(reply, deployment, way.dialect, clock)
  const encoding = headers['content-encoding']
  if (encoding && encoding !== 'identity')
    throw failureOfReply(deployment, `it is compressed (${encoding}) though we asked for plain bytes`)
  const framer = framerOf(headers['content-type'])
  if (framer) return openStream(new StreamSource(body, deployment, () => watch.over()), framer, ask, way)
  const bytes = readAll(body, ANSWER_BYTES)
  return bytes instanceof Promise ? bytes.then((all) => came(all, ask, way, watch)) : came(bytes, ask, way, watch)
}

/** All of the answer is there: no clock runs any more. */
function came(
  bytes: Buffer,
  ask: AttemptAsk,
  way: UpstreamWay,
  watch: AttemptWatch,
): WholeAnswer | Promise<WholeAnswer> {
  watch.over()
  const others = ask.onWhole?.()
  return others ? others.then(() => whole(bytes, way, ask.deployment)) : whole(bytes, way, ask.deployment)
}

async function refused(
  { status, headers, body }: UpstreamReply,
  deployment: Deployment,
  dialect: Dialect,
  clock: Clock,
): Promise<never> {
  const bytes = await readUpTo(body, ERROR_BYTES)
  throw failureOfStatus(deployment, status, headers, dialect.decodeError(status, bytes.toString('utf8')), clock.now())
}

async function openStream(
  source: StreamSource,
  framer: Framer,
  ask: AttemptAsk,
  { dialect, isRelay }: UpstreamWay,
): Promise<LiveStream<unknown> | WholeAnswer> {
  const { deployment, request } = ask
  if (!request.stream)
    return collected(new LiveStream(source, new EventReader(dialect.streamDecoder()), deployment, framer))
  const options = { keepUsage: request.includeUsage ?? false, choices: request.choices ?? 1 }
  const meter = ask.meter?.() ?? null
  const stream: LiveStream<unknown> = isRelay
    ? new LiveStream(source, new RelayReader(dialect.relayScanner(options)), deployment, framer, meter)
    : new LiveStream(source, new EventReader(dialect.streamDecoder()), deployment, framer, meter)
  try {
    await stream.open()
  } catch (error) {
    throw withWhatCame(stream, error)
  }
  ask.onContent?.()
  return stream
}

/** Reads on to the end of the answer, which must come in the time that a whole one may take. */
async function held(
  stream: LiveStream<unknown>,
  limitMs: number,
  watch: AttemptWatch,
  tookMs: number,
  dropped: readonly string[],
): Promise<HeldStream> {
  watch.begunUntil(limitMs, limitMs - tookMs)
  const kept = new HeldStream(stream)
  try {
    await kept.fill()
    return kept
  } catch (error) {
    throw error instanceof AttemptFailure ? error.of(stream.summary, { answer: kept, dropped }) : error
  }
}

/** Throws AttemptFailure for an answer with a fault. What is too long to be held back has to do without. */
function checkAnswer(
  answer: Answer | LiveStream<unknown>,
  check: AnswerCheck,
  reply: UpstreamReply,
  dialect: Dialect,
): void {
  const response =
    answer.kind === 'whole'
      ? answer.response
      : answer instanceof HeldStream
        ? answer.response(dialect, framerOf(reply.headers['content-type']))
        : null
  const fault = response && check(response)
  if (fault) throw new AttemptFailure('invalid_output', fault, true, answer.summary)
}

/** What went wrong; a failure then knows what had come by then. */
function withWhatCame({ summary }: LiveStream<unknown>, error: unknown): unknown {
  const isKnown = summary.usage !== null || summary.outputBytes > 0
  return isKnown && error instanceof AttemptFailure && error.summary === null ? error.of(summary) : error
}

const ERROR_BYTES = 64 * 1024
const ANSWER_BYTES = 64 * 1024 * 1024

function whole(bytes: Buffer, { dialect, isRelay, stream }: UpstreamWay, deployment: Deployment): WholeAnswer {
  const body = parseExactJson(bytes.toString())
  if (body === undefined) throw failureOfReply(deployment, bytes.length === 0 ? 'it is empty' : 'it is not JSON')
  const response = decoded(body, dialect, bytes, deployment)
  return { kind: 'whole', response, bytes: isRelay && !stream ? bytes : null, summary: summaryOf(response) }
}

/** The answer in a reply. One that is none, or tells of an error, may say what was used all the same. */
function decoded(body: JsonValue, dialect: Dialect, bytes: Buffer, deployment: Deployment): CanonicalResponse {
  try {
    return dialect.decodeResponse(body)
  } catch (error) {
    const { usage } = dialect.decodeError(500, bytes.toString('utf8'))
    throw failureOfReply(deployment, error instanceof Error ? error.message : String(error), error, usage)
  }
}

/** Some hosts stream whatever was asked. */
async function collected(stream: LiveStream<unknown>): Promise<WholeAnswer> {
  const collector = new Collector()
  try {
    for (let piece = await stream.read(); piece; piece = await stream.read()) {
      if (piece.kind === 'events') for (const event of piece.events) collector.push(event)
    }
  } catch (error) {
    throw withWhatCame(stream, error)
  }
  const tail = stream.tail()
  if (tail?.kind === 'events') for (const event of tail.events) collector.push(event)
  const response = collector.result()
  return { kind: 'whole', response, bytes: null, summary: summaryOf(response) }
}

function summaryOf(response: CanonicalResponse): AnswerSummary {
  let outputBytes = 0
  let toolCalls = 0
  for (const part of response.content) {
    if ('text' in part) outputBytes += Buffer.byteLength(part.text)
    if (part.type !== 'tool-call') continue
    outputBytes += Buffer.byteLength(part.arguments)
    toolCalls += 1
  }
  return {
    model: response.model ?? null,
    usage: response.usage ?? null,
    finishReason: response.finishReason,
    outputBytes,
    contentEvents: NOT_STREAMED.contentEvents,
    toolCalls,
    metered: NOT_STREAMED.metered,
    cut: NOT_STREAMED.cut,
  }
}

function asAttemptFailure(error: unknown, deployment: Deployment): AttemptFailure | GatewayError {
  if (error instanceof AttemptFailure) return error
  if (error instanceof TransportFailure) return failureOfTransport(deployment, error, false)
  if (error instanceof GatewayError && !error.code.startsWith('upstream_')) return error
  return failureOfReply(deployment, error instanceof Error ? error.message : String(error), error)
}

/** How long the first content (of a stream) or the whole answer may take. */
function limitMs({ request, budgetMs }: AttemptAsk, { firstTokenMs, totalMs }: Timeouts): number {
  return Math.min(request.stream ? firstTokenMs : totalMs, budgetMs)
}

function timeoutsOf({ deployment, timeouts }: AttemptAsk): Timeouts {
  return timeouts ? { ...deployment.endpoint.timeouts, ...timeouts } : deployment.endpoint.timeouts
}
