import type { Principal } from '../../access/context.ts'
import type { DialectName } from '../../canonical/dialect-name.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'
import type { PathAsk } from '../../dialects/dialect.ts'
import type { JobRun } from '../../jobs/job-run.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { TakenJob } from '../../storage/contracts/job-store.ts'
import type { InboundCall } from '../inbound-call.ts'
import { DIALECT_HEADERS } from '../stages/execute.ts'

/*
 * A call as it is kept to be made again by another process: who asks, which is known by then, stands in place of the key. Of the headers those are kept that say something of
 * the call; no key, no cookie and no address is among them.
 */

/** The parts of a kept call, as they are in JSON. */
interface Stored {
  readonly principal: Principal
  readonly dialect: DialectName | null
  readonly asked: PathAsk | null
  readonly headers: Readonly<Record<string, string>>
  readonly bound: Readonly<Record<string, string>> | null
  /** Of a call of the library. */
  readonly context: Readonly<Record<string, string>> | null
  readonly traceparent: string | null
}

const OWN = 'x-headgate-'
/** What says how a job is to be made of the call, and which trace it began. */
const SPENT = new Set(['x-headgate-mode', 'x-headgate-trace-id'])

/** What is kept of a call. */
export function storedCall(
  call: InboundCall,
  known: { readonly principal: Principal; readonly traceId: string; readonly traceparent: string | null },
): { readonly call: JsonObject; readonly body: Buffer } {
  const { principal, traceId, traceparent } = known
  if (call.face === 'library') {
    const nothing = { dialect: null, asked: null, headers: {}, bound: null }
    const stored: Stored = { ...nothing, principal, context: call.context, traceparent }
    return { call: jsonOf(stored), body: Buffer.from(JSON.stringify(call.request)) }
  }
  const { dialect, asked, bound } = call
  const headers = { ...keptHeaders(call.headers), 'x-headgate-trace-id': traceId }
  const stored: Stored = { principal, dialect, asked, headers, bound, context: null, traceparent }
  return { call: jsonOf(stored), body: call.bytes }
}

/** Who asked for a kept call. */
export function principalOfStored({ call }: TakenJob): Principal {
  return storedOf(call).principal
}

/** A kept call, to be made again as this job. */
export function inboundAgain({ call, body }: TakenJob, job: JobRun): InboundCall {
  const { dialect, asked, headers, bound, context, traceparent } = storedOf(call)
  const common = { job, signal: job.signal, dismiss: job.dismiss }
  if (dialect === null) {
    const request = JSON.parse(body.toString('utf8')) as CanonicalRequest
    return { ...common, face: 'library', request, context: context ?? {}, traceparent }
  }
  return { ...common, face: 'wire', dialect, asked, bytes: body, headers, query: '', bound }
}

function keptHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (DIALECT_HEADERS.includes(name) || (name.startsWith(OWN) && !SPENT.has(name))) kept[name] = value
  }
  return kept
}

function jsonOf(stored: Stored): JsonObject {
  return stored as unknown as JsonObject
}

/** What this gateway wrote itself. */
function storedOf(call: JsonObject): Stored {
  return call as unknown as Stored
}
