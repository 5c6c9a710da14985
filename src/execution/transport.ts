/*
 * The egress: every byte that leaves for a provider goes through `Transport.send`.
 *
 * An implementation owes its callers four things. The provider's key is attached here and only for the endpoint's own origin.
 * Redirects are never followed. The clocks of the call (connect, first byte, idle, total) are kept here, because only here is it known what
 * the socket does. And a failure says whether any byte can have reached the provider: money is given back only when none can have.
 */
import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { Endpoint, Timeouts } from '../providers/deployment.ts'

/** One upstream call, ready to be sent. */
export interface UpstreamCall {
  readonly endpoint: Endpoint
  /** Below the endpoint's base URL, with its leading slash. */
  readonly path: string
  /** What every such call carries, in an object that does not change: sending it again costs less then. */
  readonly headers: Readonly<Record<string, string>>
  /** What this call alone carries; stands over the others. Default: nothing. */
  readonly ownHeaders?: Readonly<Record<string, string>> | null
  readonly body: Buffer
  readonly timeouts: Timeouts
  /** Aborted when the caller leaves or the exchange is over. */
  readonly signal: LeaveSignal
}

/** The provider's reply once its headers are in. */
export interface UpstreamReply {
  readonly status: number
  /** Lower-case names; repeated ones joined with a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: UpstreamBody
}

/** The reply's bytes, pulled. */
export interface UpstreamBody {
  /** The next bytes, or null at a clean end. Rejects with TransportFailure. */
  read(): Promise<Buffer | null>
  /** Takes all that was not read, when the body has come to its clean end; null when more may come, or the body cannot say. */
  whole?(): Buffer | null
  /** Closes the connection; safe to call at any time, more than once. */
  abort(): void
}

/** Sends calls to providers. */
export interface Transport {
  /** Resolves when the reply's headers are in. Rejects with TransportFailure. */
  send(call: UpstreamCall): Promise<UpstreamReply>
  close(): Promise<void>
}

/** How a connection failed. */
export type TransportFailureKind =
  /** No credential could be had, so nothing was sent. */
  | 'credential'
  | 'connect'
  | 'connect-timeout'
  | 'first-byte-timeout'
  | 'idle-timeout'
  | 'total-timeout'
  | 'reset'
  | 'aborted'

/** The network's share of what can go wrong with an attempt. */
export class TransportFailure extends Error {
  readonly kind: TransportFailureKind
  /** False only when it is certain that no byte of the request left this process. */
  readonly sent: boolean

  constructor(kind: TransportFailureKind, sent: boolean, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'TransportFailure'
    this.kind = kind
    this.sent = sent
  }
}
