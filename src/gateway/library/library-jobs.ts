import { setTimeout as pause } from 'node:timers/promises'
import { callerLeft } from '../../errors/caller-left.ts'
import type { ErrorCode } from '../../errors/codes.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonValue, parseJson } from '../../lib/json.ts'
import type { JobRow, JobStatus } from '../../storage/contracts/job-store.ts'
import type { Engine } from '../engine.ts'
import { handle } from '../handle.ts'
import { libraryText } from '../jobs/job-faces.ts'
import { jobReply } from '../jobs/job-reply.ts'
import type { ChatAnswer } from './chat-answer.ts'
import { type ChatRequest, chatCallOf } from './chat-request.ts'
import { libraryReply } from './library-reply.ts'

/** A call that is answered later. */
export interface Job {
  readonly id: string
  readonly status: JobStatus
  readonly tenantId: string
  readonly traceId: string
  readonly createdAt: Date
  readonly deadlineAt: Date
  readonly endedAt: Date | null
  /** Of a completed job that was started here in the library. */
  readonly answer: ChatAnswer | null
  /** Of a completed job that came in a wire format: the answer in that format. */
  readonly response: JsonValue | null
  /** Why there is no answer, once the job has ended without one. */
  readonly error: GatewayError | null
}

/** Whose job it is: ids of other tenants do not exist. */
export interface JobOwner {
  readonly tenantId: string
}

/** Jobs, in process. */
export interface LibraryJobs {
  /** Takes a call that is answered later. Kept when it resolves; rejects with GatewayError where `chat` would be refused. Its `signal` counts until then. */
  start(request: ChatRequest): Promise<Job>
  /** Null when the tenant has no such job. */
  get(id: string, owner: JobOwner): Promise<Job | null>
  /** Ends a job that has not ended, and gives it as it is then. Null when the tenant has no such job. */
  cancel(id: string, owner: JobOwner): Promise<Job | null>
  /** Waits for the answer of a job that was started here. Rejects with the GatewayError it ended with, `not_found`, or `client_closed` when the signal is aborted. */
  answer(id: string, owner: JobOwner & { readonly signal?: AbortSignal }): Promise<ChatAnswer>
}

const LOOK_MS = 200

/** The jobs of an engine, for the library. */
export function libraryJobs(engine: () => Engine): LibraryJobs {
  const get: LibraryJobs['get'] = async (id, { tenantId }) => {
    const found = await engine().jobs.find(id, tenantId)
    return found && jobOf(found.row, found.content)
  }
  return {
    get,
    async start(request) {
      if (request.idempotencyKey !== undefined) {
        throw new GatewayError(
          'unsupported_parameter',
          'jobs.start takes no idempotencyKey; over HTTP a job takes one.',
          {
            param: 'idempotencyKey',
          },
        )
      }
      const current = engine()
      const job = current.jobs.open({ kind: 'asked', caller: request.signal ?? new AbortController().signal })
      const call = { ...chatCallOf(request, false), job, signal: job.signal, dismiss: job.dismiss }
      const answered = handle(current, call, jobReply(libraryReply, libraryText)).then(({ reply, outcome }) => {
        void job.end(outcome)
        return reply
      })
      const first = await Promise.race([job.kept, answered])
      if (!('kind' in first)) return jobOf(first, null)
      throw first.kind === 'refused'
        ? first.error
        : new GatewayError('internal', 'A job was answered before it was kept.')
    },
    async cancel(id, owner) {
      await engine().jobs.cancel(id, owner.tenantId)
      return get(id, owner)
    },
    async answer(id, { tenantId, signal }) {
      for (;;) {
        const job = await get(id, { tenantId })
        if (!job) throw new GatewayError('not_found', 'There is no such job for this tenant.')
        if (job.answer) return job.answer
        if (job.endedAt)
          throw job.error ?? new GatewayError('invalid_request', 'This job was not started in the library.')
        await pause(LOOK_MS, undefined, signal ? { signal } : {}).catch(() => {
          throw signal ? callerLeft(signal) : new GatewayError('client_closed', 'The wait was ended.')
        })
      }
    },
  }
}

function jobOf(row: JobRow, content: string | null): Job {
  const { id, status, tenantId, traceId, createdAt, deadlineAt, endedAt } = row
  const said = content === null ? null : (parseJson(content) ?? null)
  const completed = status === 'completed'
  const isOurs = row.dialect === 'library'
  return {
    id,
    status,
    tenantId,
    traceId,
    createdAt: new Date(createdAt),
    deadlineAt: new Date(deadlineAt),
    endedAt: endedAt === null ? null : new Date(endedAt),
    answer: completed && isOurs ? (said as unknown as ChatAnswer) : null,
    response: completed && !isOurs ? said : null,
    error: endedAt === null || completed ? null : errorOf(row, said),
  }
}

function errorOf({ errorCode, status }: JobRow, said: JsonValue): GatewayError {
  if (status === 'cancelled') return new GatewayError('client_closed', 'The job was cancelled.')
  const envelope = isObject(said) && isObject(said.error) ? said.error : {}
  return new GatewayError((errorCode ?? 'internal') as ErrorCode, String(envelope.message ?? `The job is ${status}.`))
}
