import type { GatewayError } from '../errors/gateway-error.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { ReplyLine } from './reply-line.ts'

/** An HTTP request with its body read, however it reached us: a socket or `gateway.fetch`. */
export interface HttpCall {
  readonly method: string
  /** Without query string. */
  readonly path: string
  /** Without question mark. */
  readonly query: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** Context bound by `gateway.fetchFor`: the process vouches for it, and no key is asked. Null for everybody else. */
  readonly bound: Readonly<Record<string, string>> | null
  /** Aborted when the caller leaves, or is sent away. */
  readonly signal: LeaveSignal
  /** Sends the caller away: `signal` is aborted with this reason. */
  readonly dismiss: (why: GatewayError) => void
  /** Where the head of a stream may be sent before its answer begins; null where nobody waits on a connection. */
  readonly line?: ReplyLine | null | undefined
}

/** What to send back. A streamed body must be read to its end or `return`ed: its closing settles the exchange. */
export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer | AsyncIterable<string | Buffer>
}

/** A JSON reply. */
export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpReply {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'private, no-store', ...headers },
    body: JSON.stringify(value),
  }
}
