import type { GatewayError } from '../errors/gateway-error.ts'
import { type OnRoll, Roll } from '../lib/roll.ts'

/** A call that is being answered. Aborting it tells everybody who works on it that its caller left. */
export class RunningCall extends AbortController implements OnRoll {
  rollPlace = -1
}

/** The calls that a server is answering, so that it can wait for them and, when it must, end them. */
export class RunningCalls {
  readonly #running = new Roll<RunningCall>()
  #idle: (() => void) | null = null

  /** A call begins. */
  begin(): RunningCall {
    const call = new RunningCall()
    this.#running.add(call)
    return call
  }

  /** The call was answered, or its caller is gone. */
  end(call: RunningCall): void {
    this.#running.remove(call)
    if (this.#running.size === 0) this.#idle?.()
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
