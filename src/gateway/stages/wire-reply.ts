import { expand } from '../../canonical/expand.ts'
import type { Dialect, StreamEncoder } from '../../dialects/dialect.ts'
import { dialectOf } from '../../dialects/registry.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { AnswerPiece, StreamedAnswer, WholeAnswer } from '../../execution/answer.ts'
import { type TraceHeaders, traceIdentity } from '../../tracing/traceparent.ts'
import type { Exchange } from '../exchange.ts'
import { type HttpReply, jsonReply } from '../http-call.ts'
import { wireCopying } from '../once/wire-copying.ts'
import type { ReplyLine } from '../reply-line.ts'
import type { Checked } from '../stages.ts'
import type { ReplyStage } from './reply.ts'
import { asStreamHeaders, replyHeaders, streamHeaders } from './reply-headers.ts'
import { type StreamWriter, settledStream } from './settle-stream.ts'

/** The last stage of a call in a wire format. */
export function wireReply(dialect: Dialect): ReplyStage<HttpReply> {
  let stage = STAGES.get(dialect)
  if (!stage) {
    stage = stageOf(dialect)
    STAGES.set(dialect, stage)
  }
  return stage
}

/** One a dialect, whatever the number of its calls. */
const STAGES = new Map<Dialect, ReplyStage<HttpReply>>()

function stageOf(dialect: Dialect): ReplyStage<HttpReply> {
  return {
    answer(checked) {
      const { answer } = checked.executed
      return answer.kind === 'whole' ? wholeReply(checked, answer, dialect) : streamReply(checked, answer, dialect)
    },
    refusal: (exchange, error) =>
      lineOf(exchange)?.fails() ? lateError(dialect, exchange, error) : errorReply(dialect, exchange, error),
    copying: wireCopying,
  }
}

async function wholeReply(checked: Checked, answer: WholeAnswer, dialect: Dialect): Promise<HttpReply> {
  const { exchange, executed, request } = checked
  await exchange.settle({
    status: 'completed',
    error: null,
    answered: executed.running.close('completed', null, answer.summary, true),
  })
  const headers = replyHeaders(exchange)
  headers['x-headgate-cost-usd'] = String(exchange.costUsd)
  if (request.stream)
    return { status: 200, headers: asStreamHeaders(headers), body: asStream(checked, answer, dialect) }
  headers['content-type'] = 'application/json'
  if (answer.bytes) return { status: 200, headers, body: answer.bytes }
  // Some hosts do not say which model answered; then it is the one that was asked.
  const told = { model: executed.target.deployment.model, ...answer.response }
  return { status: 200, headers, body: JSON.stringify(dialect.encodeResponse(told, request)) }
}

function streamReply(checked: Checked, answer: StreamedAnswer, dialect: Dialect): HttpReply {
  const headers = streamHeaders(checked.exchange)
  return { status: 200, headers, body: settledStream(checked, answer, streamWriter(checked, dialect)) }
}

function streamWriter(checked: Checked, dialect: Dialect): StreamWriter<Buffer | string> {
  // A relayed stream needs none.
  let made: StreamEncoder | null = null
  const encoder = (): StreamEncoder => {
    made ??= encoderFor(checked, dialect)
    return made
  }
  const write = (piece: AnswerPiece): Buffer | string => {
    if (piece.kind === 'bytes') return piece.bytes
    let text = ''
    for (const event of piece.events) text += encoder().push(event)
    return text
  }
  return {
    piece: write,
    // Relayed bytes bring their own end; translated events need the encoder's.
    end: (tail) => (tail?.kind === 'bytes' ? tail.bytes : `${tail ? write(tail) : ''}${encoder().end()}`),
    error: (error) => dialect.encodeStreamError(error),
  }
}

/** The caller asked for a stream and the host gave a whole answer: the same answer, told as a stream. */
async function* asStream(checked: Checked, answer: WholeAnswer, dialect: Dialect): AsyncGenerator<string, void, void> {
  const encoder = encoderFor(checked, dialect)
  let text = ''
  for (const event of expand(answer.response)) text += encoder.push(event)
  yield text + encoder.end()
}

function encoderFor({ exchange, executed, request }: Checked, dialect: Dialect) {
  return dialect.streamEncoder({
    id: exchange.traceId,
    model: executed.target.deployment.model,
    includeUsage: request.includeUsage ?? false,
  })
}

/** The error of a call whose caller was sent the head of a stream while it waited: all that the stream has. */
function lateError(dialect: Dialect, exchange: Exchange, error: GatewayError): HttpReply {
  return { status: 200, headers: streamHeaders(exchange), body: only(dialect.encodeStreamError(error)) }
}

async function* only(text: string): AsyncGenerator<string, void, void> {
  yield text
}

function lineOf({ call }: Exchange): ReplyLine | null | undefined {
  return call.face === 'wire' ? call.line : null
}

/** Our error in a dialect's envelope, with the headers that tell an SDK what to do. Where there is no exchange, the caller's `headers` say what trace it belongs to. */
export function errorReply(
  dialect: Dialect,
  exchange: Exchange | null,
  error: GatewayError,
  headers: TraceHeaders = {},
): HttpReply {
  return jsonReply(error.status, dialect.encodeError(error), {
    ...(exchange ? replyHeaders(exchange) : traceHeader(headers)),
    'x-headgate-error': error.code,
    ...(error.retryable ? {} : { 'x-should-retry': 'false' }),
    ...(error.retryAfterMs === undefined ? {} : { 'retry-after-ms': String(error.retryAfterMs) }),
    ...(error.retryAfterSeconds === undefined ? {} : { 'retry-after': String(error.retryAfterSeconds) }),
  })
}

/** The trace of a request that is no exchange: nothing is kept of it, but both sides can name it. */
export function traceHeader(headers: TraceHeaders): { readonly 'x-headgate-trace-id': string } {
  return { 'x-headgate-trace-id': traceIdentity(headers).traceId }
}

/** The envelope for replies of paths that belong to no dialect. */
export const PLAIN_DIALECT = dialectOf('openai-chat')
