import type { GatewayError } from '../errors/gateway-error.ts'

/** The calls that a server is answering, so that it can wait for them and, when it must, end them. */
export class RunningCalls {
  readonly #running = new Set<AbortController>()
  #idle: (() => void) | null = null

  /** A call begins. Aborting what this gives tells everybody who works on it that its caller left. */
  begin(): AbortController {
    const call = new AbortController()
    this.#running.add(call)
    return call
  }

  /** The call was answered, or its caller is gone. */
  end(call: AbortController): void {
    this.#running.delete(call)
    if (this.#running.size === 0) this.#idle?.()
  }

  /** Ends all calls that run; each is told why. */
  cut(why: GatewayError): void {
    for (const call of this.#running) call.abort(why)
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
