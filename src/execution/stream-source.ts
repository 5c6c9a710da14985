import type { Deployment } from '../providers/deployment.ts'
import { AttemptFailure } from './attempt-failure.ts'
import { failureOfReply, failureOfTransport } from './classify-failure.ts'
import { TransportFailure, type UpstreamBody } from './transport.ts'

/** How long a provider may keep the connection after its answer is complete. */
const LINGER_MS = 2_000

/** The bytes of one streamed reply, with the failures in our words. */
export class StreamSource {
  readonly #body: UpstreamBody
  readonly #deployment: Deployment
  readonly #over: () => void
  /** Gives null when the provider lingered too long. */
  #late: Promise<null> | null = null
  #timer: NodeJS.Timeout | undefined

  /** `over` is called when nothing more will be read. */
  constructor(body: UpstreamBody, deployment: Deployment, over: () => void) {
    this.#body = body
    this.#deployment = deployment
    this.#over = over
  }

  /**
   * The next bytes; null at the end. Once the answer is complete the end may be late (a missing `[DONE]` on a kept connection,
   * comments without end): then we end it ourselves.
   */
  read(complete: boolean): Promise<Buffer | null> {
    if (!complete) return this.#body.read()
    // The end has mostly come with what completed the answer.
    const rest = this.#body.whole?.() ?? null
    if (!rest) return this.#readOn()
    clearTimeout(this.#timer)
    return Promise.resolve(rest.length > 0 ? rest : null)
  }

  /** Ends the connection, if it is still there. To be called in the end, however the stream ended. */
  abort(): void {
    clearTimeout(this.#timer)
    this.#body.abort()
    this.#over()
  }

  failureOf(error: unknown): AttemptFailure {
    if (error instanceof AttemptFailure) return error
    if (error instanceof TransportFailure) return failureOfTransport(this.#deployment, error, true)
    return failureOfReply(this.#deployment, error instanceof Error ? error.message : String(error), error)
  }

  /** After completion a broken connection costs nothing: everything was said. */
  async #readOn(): Promise<Buffer | null> {
    this.#late ??= new Promise((resolve) => {
      this.#timer = setTimeout(() => {
        this.#body.abort()
        resolve(null)
      }, LINGER_MS)
    })
    const chunk = await Promise.race([this.#body.read().catch(() => null), this.#late])
    if (chunk === null) clearTimeout(this.#timer)
    return chunk
  }
}
