import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayError } from '../errors/gateway-error.ts'
import { dialectOfPath } from '../gateway/data-plane.ts'
import type { ReplyLine } from '../gateway/reply-line.ts'
import { Leave } from '../lib/leave-signal.ts'
import { type OnRoll, Roll } from '../lib/roll.ts'
import type { SilentReply } from './heartbeat.ts'
import { pathOf } from './path-of.ts'
import type { SlowBody } from './slow-bodies.ts'

type Headers = Readonly<Record<string, string>>

/** A call that is being answered. Aborting it tells everybody who works on it that its caller left. */
export class RunningCall extends Leave implements OnRoll, ReplyLine, SilentReply, SlowBody {
  rollPlace = -1
  readonly request: IncomingMessage
  readonly response: ServerResponse
  silentBeats = 0
  contentType: string | null = null
  lastPiece: string | Buffer | null = null
  bodySince = 0
  bodyFrom = 0
  #awaiting: unknown = null
  /** Whether its head was sent before its answer. */
  #isEarly = false
  #headersOf: ((call: never) => Headers) | null = null

  constructor(request: IncomingMessage, response: ServerResponse) {
    super()
    this.request = request
    this.response = response
  }

  get knowsComments(): boolean {
    return dialectOfPath(pathOf(this.request)).name !== 'google-generate-content'
  }

  /** The request was read, and a stream will come. */
  awaits<Call>(call: Call, headersOf: (call: Call) => Headers): void {
    this.#awaiting = call
    this.#headersOf = headersOf
    this.silentBeats = 0
  }

  /** See `ReplyLine`. */
  fails(): boolean {
    this.#headersOf = null
    // A reply of another kind may have been sent: that a job was accepted.
    return this.#isEarly && this.response.headersSent
  }

  earlyHeaders(): Headers | null {
    const headersOf = this.#headersOf
    this.#headersOf = null
    this.#isEarly = headersOf !== null
    return headersOf ? headersOf(this.#awaiting as never) : null
  }
}

/** The calls that a server is answering, so that it can wait for them and, when it must, end them. */
export class RunningCalls {
  readonly #running = new Roll<RunningCall>()
  #idle: (() => void) | null = null

  /** A call begins. */
  begin(request: IncomingMessage, response: ServerResponse): RunningCall {
    const call = new RunningCall(request, response)
    this.#running.add(call)
    return call
  }

  /** The call was answered, or its caller is gone. */
  end(call: RunningCall): void {
    this.#running.remove(call)
    if (this.#running.size === 0) this.#idle?.()
  }

  /** The calls that run now. */
  all(): readonly RunningCall[] {
    return this.#running.members()
  }

  /** Ends all calls that run; each is told why. */
  cut(why: GatewayError): void {
    for (const call of this.#running.members()) call.abort(why)
  }

  /** Resolves true when no call runs, false after `mostMs`. */
  async idle(mostMs: number): Promise<boolean> {
    if (this.#running.size === 0) return true
    let timer: NodeJS.Timeout | undefined
    const ended = await new Promise<boolean>((resolve) => {
      this.#idle = () => resolve(true)
      timer = setTimeout(() => resolve(false), mostMs)
    })
    clearTimeout(timer)
    this.#idle = null
    return ended
  }
}
