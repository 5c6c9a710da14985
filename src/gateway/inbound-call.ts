import type { Principal } from '../access/context.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { PathAsk } from '../dialects/dialect.ts'
import type { CallJob } from '../jobs/call-job.ts'
import type { SupposedSignals } from '../policy/replay/supposed.ts'
import type { HttpCall } from './http-call.ts'

/** A model call as it reached us, from whichever face. */
export type InboundCall = WireCall | LibraryCall

/** What is taken for granted of a call that is only to be explained. */
export interface Supposed {
  /** Who makes it, when that is not whoever asks. */
  readonly principal?: Principal
  /** What its prompt has, in tokens. */
  readonly inputTokens?: number
  /** The plan of its tenant; only operators may suppose one. */
  readonly plan?: string
  /** What rules ask of it and is not found out. */
  readonly signals?: SupposedSignals
  /** What was said of it that means nothing, by path. */
  readonly ignored?: readonly string[]
}

/** What a call of any face may have. */
interface AnyCall {
  /** Of a call that is, or may become, a job. */
  readonly job?: CallJob
  /** Of a call that is only to be explained, where the call itself does not say it all. */
  readonly supposed?: Supposed
}

/** A call in a wire format: over HTTP, or through `gateway.fetch`. */
export interface WireCall
  extends AnyCall,
    Pick<HttpCall, 'headers' | 'query' | 'bound' | 'signal' | 'dismiss' | 'line'> {
  readonly face: 'wire'
  readonly dialect: DialectName
  /** What the address says of the call; null in formats that leave it to the body. */
  readonly asked: PathAsk | null
  readonly bytes: Buffer
}

/** A request that is looked at for who makes it, whatever its path. */
export function asWireCall({ headers, query, body, bound, signal, dismiss }: HttpCall): WireCall {
  return { face: 'wire', dialect: 'openai-chat', asked: null, bytes: body, headers, query, bound, signal, dismiss }
}

/** A call of the library in this process. The process is trusted: it may name any tenant. */
export interface LibraryCall extends AnyCall, Pick<HttpCall, 'signal' | 'dismiss'> {
  readonly face: 'library'
  readonly request: CanonicalRequest
  /** Context attributes in snake_case, as text. */
  readonly context: Readonly<Record<string, string>>
  readonly traceparent: string | null
  readonly idempotencyKey?: string | undefined
  /** Of a call that the gateway makes for another: who made that one. Default: the process. */
  readonly principal?: Principal
}
