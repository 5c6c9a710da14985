/*
 * Model calls that are answered later. Who asks for that gets 202 and the job's id as soon as the call is accepted: it passed everything up to the money, and is kept. A call that waits for
 * room, where its operator lets it wait for longer than a connection should, gets the same in the middle of its wait.
 */
import { dialectOf } from '../../dialects/registry.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { jobView } from '../../jobs/job-view.ts'
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts'
import { editTopLevel } from '../../lib/json-edit.ts'
import { abortSignalOf } from '../../lib/leave-signal.ts'
import { sseText } from '../../lib/sse.ts'
import type { JobRow } from '../../storage/contracts/job-store.ts'
import type { Engine } from '../engine.ts'
import { handle } from '../handle.ts'
import { type HttpCall, type HttpReply, jsonReply } from '../http-call.ts'
import type { WireCall } from '../inbound-call.ts'
import { wireText } from '../jobs/job-faces.ts'
import { jobReply, NOTHING_RUN } from '../jobs/job-reply.ts'
import { wireReply } from '../stages/wire-reply.ts'
import { responseOfJob } from './background-responses.ts'
import type { ModelPath } from './model-paths.ts'

/** How a caller wants to be answered: later, or in no case later. Null when it does not say. */
export type AnswerMode = 'background' | 'foreground'

/** What a call says of that. Throws GatewayError `invalid_request`. */
export function answerMode(
  { headers, body }: Pick<HttpCall, 'headers' | 'body'>,
  path: Pick<ModelPath, 'dialect'>,
): AnswerMode | null {
  const mode = headers['x-headgate-mode']
  if (mode === 'background' || mode === 'foreground') return mode
  if (mode !== undefined) {
    throw new GatewayError('invalid_request', 'x-headgate-mode must be background or foreground.', {
      param: 'x-headgate-mode',
    })
  }
  if (headers.prefer !== undefined && /(^|[,;\s])respond-async([,;\s]|$)/i.test(headers.prefer)) return 'background'
  return path.dialect === 'openai-responses' && asksFor('background', body) ? 'background' : null
}

/** Runs a call that is to be a job (`asked`), or may have to become one (`overflow`). Never rejects. */
export async function runAsJob(engine: Engine, call: WireCall, kind: 'asked' | 'overflow'): Promise<HttpReply> {
  const job = engine.jobs.open({ kind, caller: abortSignalOf(call.signal) })
  const inbound = { ...(kind === 'asked' ? inOnePiece(call) : call), job, signal: job.signal, dismiss: job.dismiss }
  const stage = jobReply(wireReply(dialectOf(call.dialect)), (reply) => (job.isDetached ? wireText(reply) : ''))
  const answered = handle(engine, inbound, stage).then(({ reply, outcome }) => {
    const ended = job.end(outcome)
    return { reply, ended }
  })
  const first = await Promise.race([job.kept, answered])
  if ('reply' in first) return first.reply
  const reply = accepted(first, call)
  await stage.early?.keep?.({ reply, outcome: NOTHING_RUN })
  return reply
}

function accepted(row: JobRow, { headers, dialect, bytes }: WireCall): HttpReply {
  const { id, status, object, trace_id, created_at, deadline_at } = jobView(row)
  const job = { id, status, object, trace_id, created_at, deadline_at }
  // SDKs of this format go on from here: see background-responses.ts.
  const told = dialect === 'openai-responses' ? responseOfJob(row) : job
  const reply = jsonReply(202, told, {
    location: `/v1/jobs/${row.id}`,
    'x-headgate-trace-id': row.traceId,
    ...(headers.prefer === undefined ? {} : { 'preference-applied': 'respond-async' }),
  })
  const isStream = dialect === 'openai-responses' && asksFor('background', bytes) && asksFor('stream', bytes)
  return isStream ? asEvents(reply, responseOfJob(row)) : reply
}

/** The same for OpenAI's own client, which reads a stream and would take a reply without events for an empty answer. */
function asEvents({ status, headers }: HttpReply, response: JsonObject): HttpReply {
  const events = ['response.created', 'response.queued'].map((type, at) =>
    sseText(JSON.stringify({ type, sequence_number: at, response }), type),
  )
  return { status, headers: { ...headers, 'content-type': 'text/event-stream; charset=utf-8' }, body: events.join('') }
}

/** The same call for an answer in one piece, without what asks for the background. A body that is none is refused where every body is read. */
export function inOnePiece(call: WireCall): WireCall {
  const asked = call.asked && { ...call.asked, stream: false }
  try {
    const remove = ['stream', 'stream_options', ...(call.dialect === 'openai-responses' ? ['background'] : [])]
    return { ...call, asked, bytes: editTopLevel(call.bytes, { set: {}, remove }) }
  } catch {
    return { ...call, asked }
  }
}

/** Whether a body asks for what OpenAI has a field for. Bodies without the word are not parsed for it. */
function asksFor(what: 'background' | 'stream', body: Buffer): boolean {
  if (!body.includes(`"${what}"`)) return false
  const parsed = parseJson(body.toString('utf8'))
  return isObject(parsed) && parsed[what] === true
}
