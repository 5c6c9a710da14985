import type { DialectName } from '../canonical/dialect-name.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { PathAsk } from '../dialects/dialect.ts'
import type { GatewayError } from '../errors/gateway-error.ts'

/** A model call as it reached us, from whichever face. */
export type InboundCall = WireCall | LibraryCall

/** A call in a wire format: over HTTP, or through `gateway.fetch`. */
export interface WireCall {
  readonly face: 'wire'
  readonly dialect: DialectName
  /** What the address says of the call; null in formats that leave it to the body. */
  readonly asked: PathAsk | null
  readonly bytes: Buffer
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** The raw query string, without the question mark. */
  readonly query: string
  /** Context bound by `gateway.fetchFor`: the process vouches for it, and no key is asked. */
  readonly bound: Readonly<Record<string, string>> | null
  /** Aborted when the caller leaves, or is sent away. */
  readonly signal: AbortSignal
  /** Sends the caller away: `signal` is aborted with this reason. */
  readonly dismiss: (why: GatewayError) => void
}

/** A call of the library in this process. The process is trusted: it may name any tenant. */
export interface LibraryCall {
  readonly face: 'library'
  readonly request: CanonicalRequest
  /** Context attributes in snake_case, as text. */
  readonly context: Readonly<Record<string, string>>
  readonly traceparent: string | null
  /** As in a wire call. */
  readonly signal: AbortSignal
  readonly dismiss: (why: GatewayError) => void
}
