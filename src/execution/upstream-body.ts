import type { UpstreamBody } from './transport.ts'

const HIGH_WATER_BYTES = 256 * 1024
const NOTHING = Buffer.alloc(0)
/** What waits when nothing does; never pushed to. */
const NONE: Buffer[] = []

/** The tap on the socket that feeds an InboundBody. */
export interface Flow {
  pause(): void
  resume(): void
  abort(): void
}

/**
 * Turns pushed bytes into pulled ones. When nobody reads, the socket is paused at 256 KiB, so a slow client
 * slows the provider down instead of filling our memory.
 */
export class QueuedBody implements UpstreamBody {
  readonly #flow: Flow
  #chunks: Buffer[] = NONE
  #bytes = 0
  #paused = false
  #ended = false
  #failure: Error | null = null
  #waiter: { resolve: (chunk: Buffer | null) => void; reject: (error: Error) => void } | null = null

  constructor(flow: Flow) {
    this.#flow = flow
  }

  push(chunk: Buffer): void {
    if (this.#waiter) {
      const { resolve } = this.#waiter
      this.#waiter = null
      resolve(chunk)
      return
    }
    if (this.#chunks === NONE) this.#chunks = [chunk]
    else this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes > HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true
      this.#flow.pause()
    }
  }

  end(): void {
    this.#ended = true
    this.#waiter?.resolve(null)
    this.#waiter = null
  }

  fail(error: Error): void {
    if (this.#ended || this.#failure) return
    this.#failure = error
    this.#waiter?.reject(error)
    this.#waiter = null
  }

  read(): Promise<Buffer | null> {
    const chunk = this.#take()
    if (chunk) return Promise.resolve(chunk)
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#ended) return Promise.resolve(null)
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
    })
  }

  whole(): Buffer | null {
    return this.#ended && !this.#failure ? (this.#take() ?? NOTHING) : null
  }

  abort(): void {
    this.#flow.abort()
  }

  /** What came and was not read. */
  #take(): Buffer | null {
    const chunk = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : this.#chunks[0]
    if (!chunk) return null
    this.#chunks = NONE
    this.#bytes = 0
    if (this.#paused) {
      this.#paused = false
      this.#flow.resume()
    }
    return chunk
  }
}
