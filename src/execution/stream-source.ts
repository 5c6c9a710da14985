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

  constructor(body: UpstreamBody, deployment: Deployment) {
    this.#body = body
    this.#deployment = deployment
  }

  /**
   * The next bytes; null at the end. Once the answer is complete the end may be late (a missing `[DONE]` on a kept connection):
   * then we end it ourselves.
   */
  async read(complete: boolean): Promise<Buffer | null> {
    if (!complete) return this.#body.read()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => {
        this.#body.abort()
        resolve(null)
      }, LINGER_MS)
    })
    try {
      // After completion a broken connection costs nothing: everything was said.
      return await Promise.race([this.#body.read().catch(() => null), late])
    } finally {
      clearTimeout(timer)
    }
  }

  abort(): void {
    this.#body.abort()
  }

  failureOf(error: unknown): AttemptFailure {
    if (error instanceof AttemptFailure) return error
    if (error instanceof TransportFailure) return failureOfTransport(this.#deployment, error, true)
    return failureOfReply(this.#deployment, error instanceof Error ? error.message : String(error), error)
  }
}
