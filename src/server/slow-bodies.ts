/*
 * Bodies that come drop by drop. Each has a time to begin with, and more for every byte that comes: a large body on a slow line is taken, a
 * client that only wants to hold a connection open is not. Node's own clock for requests knows no rate.
 *
 * The bytes are counted by the connection, and looked up only for bodies that are still coming when the timer looks.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'

/** A request whose body may still be coming. */
export interface SlowBody {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** When its body was first seen to be coming, in milliseconds; 0 before. */
  bodySince: number
  /** The bytes of its connection then. */
  bodyFrom: number
}

/** How long a body may take. */
export interface BodyPatience {
  /** What every body has. */
  readonly bodyMs: number
  /** It has a second more for every so many bytes. */
  readonly bytesPerSecond: number
}

/** Ends the requests whose bodies are late: 408, and the connection is closed. */
export function endLateBodies(
  bodies: Iterable<SlowBody>,
  { bodyMs, bytesPerSecond }: BodyPatience,
  nowMs: number,
): void {
  for (const body of bodies) {
    const { request, response } = body
    if (request.complete || request.destroyed || response.writableEnded) continue
    const { bytesRead } = request.socket
    if (body.bodySince === 0) {
      body.bodySince = nowMs
      body.bodyFrom = bytesRead
    } else if (nowMs - body.bodySince > bodyMs + ((bytesRead - body.bodyFrom) / bytesPerSecond) * 1_000) {
      if (response.headersSent) response.destroy()
      else response.writeHead(408, { connection: 'close', 'content-length': '0' }).end()
    }
  }
}
