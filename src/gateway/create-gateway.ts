import { processEnvironment, resolveConfig } from '../config/resolve.ts'
import type { ConfigInput } from '../config/schema.ts'
import { SecretWatch } from '../config/secret-watch.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { GuardedToolResult } from '../guards/tool-result/guard-tool-result.ts'
import { Secret } from '../lib/secret.ts'
import { providerDefinitions } from '../providers/registry.ts'
import { explainCall } from './explain/explain-call.ts'
import type { Explanation } from './explain/explanation.ts'
import { giveFeedback } from './feedback.ts'
import { type FetchFunction, fetchThrough } from './gateway-fetch.ts'
import { handle } from './handle.ts'
import { type House, openHouse } from './house.ts'
import type { LibraryCall, WireCall } from './inbound-call.ts'
import type { ChatAnswer, ChatStream, LibraryReply, WholeAnswer } from './library/chat-answer.ts'
import { type CallOptions, type ChatContext, type ChatRequest, chatCallOf, contextOf } from './library/chat-request.ts'
import { type EmbedAnswer, type EmbedRequest, embedAnswerOf, embedCallOf } from './library/embed-request.ts'
import { type ExplainRequest, explainedLibraryCall } from './library/explain-request.ts'
import { type LibraryJobs, libraryJobs } from './library/library-jobs.ts'
import { libraryReply } from './library/library-reply.ts'
import { libraryStream } from './library/library-stream.ts'
import { type LibraryTrace, libraryTrace, type TraceOwner } from './library/library-trace.ts'
import type { Log } from './log.ts'
import { SILENT_LOG } from './log.ts'

/** How a gateway in this process is made. */
export interface GatewayOptions {
  /** A file's path, or the same content as an object; without it, providers whose usual key variables are set. */
  readonly config?: string | ConfigInput
  /** Default: silent. A pino logger fits. */
  readonly log?: Log
}

/** What somebody thought of an answer. */
export interface Feedback {
  readonly score: number
  readonly label?: string
  readonly comment?: string
  readonly userId?: string
}

/** Headgate in this process. The process is trusted: `chat` and `stream` may name any tenant. */
export interface Gateway {
  /** One call, whole. Rejects with GatewayError. */
  chat(request: ChatRequest): Promise<ChatAnswer>
  /** One call, streamed. Leaving the loop early ends the upstream call and settles what was used. */
  stream(request: ChatRequest): ChatStream
  /** Vectors for texts. Rejects with GatewayError. */
  embed(request: EmbedRequest): Promise<EmbedAnswer>
  /** What would become of a call, and why: nothing leaves, nothing is held, counted or recorded. A refusal is part of it. Rejects with GatewayError `invalid_request`. */
  explain(request: ExplainRequest): Promise<Explanation>
  /** Calls that are answered later. */
  readonly jobs: LibraryJobs
  /** A `fetch` for any SDK: takes the paths of the HTTP service, obeys `auth.mode` as HTTP does, opens no socket to us. */
  readonly fetch: FetchFunction
  /** A `fetch` bound to a context: no key is asked, and every call is this tenant's. */
  fetchFor(context: ChatContext): FetchFunction
  /** Judges a tool's result before it goes into a conversation. */
  guardToolResult(ask: {
    readonly tenantId: string
    readonly tool: string
    readonly text: string
  }): Promise<GuardedToolResult>
  /** What a user thought of an answer: `score` from -1 (bad) to 1 (good). The latest word of each user counts. Rejects with GatewayError. */
  feedback(traceId: string, said: Feedback): Promise<void>
  /** A trace, to which product code adds its own steps: `trace(answer.traceId).span('retrieval', () => …)`. */
  trace(traceId: string, owner?: TraceOwner): LibraryTrace
  /** Ends the calls that still run, writes what they cost, gives held money back and closes the ledger. */
  close(): Promise<void>
}

/** Opens a gateway in this process. Rejects with GatewayError `invalid_request` that lists every problem of the configuration. */
export async function createGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const env = processEnvironment()
  const resolve = () =>
    resolveConfig({
      ...(typeof options.config === 'string' ? { file: options.config } : {}),
      ...(typeof options.config === 'object' ? { object: options.config } : {}),
      env,
      knownProviders: [...providerDefinitions.values()],
    })
  const resolved = await resolve()
  if (!resolved.ok) {
    const lines = resolved.problems.map(
      ({ file, line, path, message }) => `${file ?? 'config'}:${line ?? ''} ${path} ${message}`,
    )
    throw new GatewayError('invalid_request', `The configuration has problems:\n${lines.join('\n')}`)
  }
  const adminKey = env.HEADGATE_ADMIN_KEY ? { adminKey: new Secret(env.HEADGATE_ADMIN_KEY) } : {}
  const log = options.log ?? SILENT_LOG
  const house = await openHouse({ config: resolved.config, log, ...adminKey })
  const secrets = new SecretWatch({
    files: resolved.secretFiles ?? new Map(),
    resolve,
    onAccepted: ({ config }) => house.reload(config),
    onRejected: (problems) => {
      house.metrics.reloaded('rejected')
      for (const { path, message } of problems) log.error({ key: path }, `secrets not taken over: ${path} ${message}`)
    },
  })
  const gateway = gatewayOf(house)
  return {
    ...gateway,
    close() {
      secrets.close()
      return gateway.close()
    },
  }
}

/** The library's face of a house. */
export function gatewayOf(house: House): Gateway {
  const engine = () => house.engine()
  const closing = new AbortController()
  const run = (
    call: Omit<LibraryCall, 'signal' | 'dismiss'> | Omit<WireCall, 'signal' | 'dismiss'>,
    signal: AbortSignal,
  ): Promise<LibraryReply> => {
    const dismissed = new AbortController()
    const signals = AbortSignal.any([signal, closing.signal, dismissed.signal])
    return handle(house.engine(), { ...call, signal: signals, dismiss: (why) => dismissed.abort(why) }, libraryReply)
  }
  const whole = async (call: Parameters<typeof run>[0], { signal }: CallOptions): Promise<WholeAnswer> => {
    const reply = await run(call, signal ?? new AbortController().signal)
    if (reply.kind === 'whole') return reply.answer
    if (reply.kind === 'refused') throw reply.error
    throw new GatewayError('internal', 'A whole answer was asked for and a stream came.')
  }
  return {
    chat: async (request) => whole(chatCallOf(request, false), request),
    stream: (request) => libraryStream(request.signal, async (signal) => run(chatCallOf(request, true), signal)),
    embed: async (request) => embedAnswerOf(await whole(embedCallOf(request), request)),
    explain: async (request) => explainCall(engine(), explainedLibraryCall(request)),
    jobs: libraryJobs(engine),
    fetch: fetchThrough({ engine, bound: null, closing: closing.signal }),
    fetchFor: (context) => fetchThrough({ engine, bound: contextOf(context), closing: closing.signal }),
    guardToolResult: async ({ tool, text }) => house.engine().toolResultGuard.check({ tool, text }),
    async feedback(traceId, { score, label, comment, userId }) {
      await giveFeedback(house.storage.feedback, traceId, null, { score, label, comment, user_id: userId })
    },
    trace: (traceId, owner) => libraryTrace({ ...house.storage, log: house.log }, traceId, owner),
    async close() {
      engine().gathering.close()
      closing.abort(new GatewayError('no_deployment_available', 'This gateway was closed while the call ran.'))
      // One turn, in which the calls that were just ended hand in what they cost.
      await new Promise(setImmediate)
      await house.close()
    },
  }
}
