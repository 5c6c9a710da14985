import type { DialectName } from '../canonical/dialect-name.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { PathAsk } from '../dialects/dialect.ts'
import type { CallJob } from '../jobs/call-job.ts'
import type { HttpCall } from './http-call.ts'

/** A model call as it reached us, from whichever face. */
export type InboundCall = WireCall | LibraryCall

/** What a call of any face may have. */
interface AnyCall {
  /** Of a call that is, or may become, a job. */
  readonly job?: CallJob
}

/** A call in a wire format: over HTTP, or through `gateway.fetch`. */
export interface WireCall extends AnyCall, Pick<HttpCall, 'headers' | 'query' | 'bound' | 'signal' | 'dismiss'> {
  readonly face: 'wire'
  readonly dialect: DialectName
  /** What the address says of the call; null in formats that leave it to the body. */
  readonly asked: PathAsk | null
  readonly bytes: Buffer
}

/** A call of the library in this process. The process is trusted: it may name any tenant. */
export interface LibraryCall extends AnyCall, Pick<HttpCall, 'signal' | 'dismiss'> {
  readonly face: 'library'
  readonly request: CanonicalRequest
  /** Context attributes in snake_case, as text. */
  readonly context: Readonly<Record<string, string>>
  readonly traceparent: string | null
  readonly idempotencyKey?: string | undefined
}
