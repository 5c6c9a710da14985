import type { IncomingMessage, ServerResponse } from 'node:http'
import { type OnRoll, Roll } from '../lib/roll.ts'
import type { SlowBody } from './slow-bodies.ts'

interface OtherRequest extends OnRoll, SlowBody {}

/** Requests that are no calls, for as long as they are answered; those that cannot have a body are left out. */
export class OtherRequests {
  readonly #open = new Roll<OtherRequest>()

  /** A request came. */
  begin(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === 'GET' && !('content-length' in request.headers || 'transfer-encoding' in request.headers))
      return
    const open: OtherRequest = { rollPlace: -1, request, response, bodySince: 0, bodyFrom: 0 }
    this.#open.add(open)
    response.once('close', () => this.#open.remove(open))
  }

  /** Those that are open now. */
  all(): readonly OtherRequest[] {
    return this.#open.members()
  }
}
