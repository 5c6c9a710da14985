import { type Dispatcher, Pool } from 'undici'
import { authHeaders } from '../providers/auth-headers.ts'
import type { Endpoint } from '../providers/deployment.ts'
import { type Transport, TransportFailure, type UpstreamCall, type UpstreamReply } from './transport.ts'
import { QueuedBody } from './upstream-body.ts'

/** How many sockets one origin may have at once; further calls wait for a free one. */
const CONNECTIONS_PER_ORIGIN = 1024

/** Where the calls of one endpoint and path go, and what they carry. */
interface Destination {
  readonly pool: Pool
  readonly origin: string
  readonly path: string
  readonly auth: Readonly<Record<string, string>>
}

/** The one client that talks to the network. Sockets are kept per origin and reused. */
export function createHttpTransport(): Transport {
  const pools = new Map<string, Pool>()
  const destinations = new WeakMap<Endpoint, Map<string, Destination>>()

  function poolOf(origin: string, connectMs: number): Pool {
    const key = `${origin} ${connectMs}`
    let pool = pools.get(key)
    if (!pool) {
      pool = new Pool(origin, {
        connections: CONNECTIONS_PER_ORIGIN,
        connect: { timeout: connectMs },
        // Our own clocks below are exact to the millisecond and know what they measure.
        headersTimeout: 0,
        bodyTimeout: 0,
      })
      pools.set(key, pool)
    }
    return pool
  }

  /** Found out once for each endpoint: reading addresses takes longer than a call has. */
  function destinationOf(endpoint: Endpoint, path: string): Destination {
    let known = destinations.get(endpoint)
    if (!known) {
      known = new Map()
      destinations.set(endpoint, known)
    }
    let destination = known.get(path)
    if (!destination) {
      const url = new URL(endpoint.baseUrl + path)
      const auth = authHeaders(endpoint, url)
      const pool = poolOf(url.origin, endpoint.timeouts.connectMs)
      destination = { pool, origin: url.origin, path: url.pathname + url.search, auth }
      known.set(path, destination)
    }
    return destination
  }

  return {
    async send(call) {
      // First, because it may refuse: nothing must run then.
      const { pool, origin, path, auth } = destinationOf(call.endpoint, call.path)
      return new Promise<UpstreamReply>((resolve, reject) => {
        const handler = new UpstreamHandler(call, resolve, reject)
        if (handler.over) return
        const headers = { ...call.headers, ...auth }
        pool.dispatch({ origin, path, method: 'POST', headers, body: call.body }, handler)
      })
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}

class UpstreamHandler implements Dispatcher.DispatchHandler {
  readonly #call: UpstreamCall
  readonly #resolve: (reply: UpstreamReply) => void
  readonly #reject: (error: Error) => void
  readonly #body: QueuedBody
  readonly #onAbort: () => void
  #controller: Dispatcher.DispatchController | null = null
  #phase: NodeJS.Timeout | undefined
  #total: NodeJS.Timeout | undefined
  #started = false
  over = false

  constructor(call: UpstreamCall, resolve: (reply: UpstreamReply) => void, reject: (error: Error) => void) {
    this.#call = call
    this.#resolve = resolve
    this.#reject = reject
    this.#body = new QueuedBody({
      pause: () => this.#controller?.pause(),
      resume: () => {
        // The provider was not asked for anything while the socket was paused: its silence is counted from here.
        this.#phase?.refresh()
        this.#controller?.resume()
      },
      abort: () => this.#fail('aborted', 'the call was abandoned'),
    })
    this.#onAbort = () => this.#fail('aborted', 'the caller left')
    if (call.signal.aborted) {
      this.#onAbort()
      return
    }
    call.signal.addEventListener('abort', this.#onAbort, { once: true })
    this.#total = setTimeout(
      () => this.#fail('total-timeout', `no complete answer within ${call.timeouts.totalMs} ms`),
      call.timeouts.totalMs,
    )
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.over) {
      controller.abort(new Error('the call was abandoned'))
      return
    }
    this.#started = true
    const { firstByteMs } = this.#call.timeouts
    this.#phase = setTimeout(() => this.#fail('first-byte-timeout', `no reply within ${firstByteMs} ms`), firstByteMs)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.over) return
    clearTimeout(this.#phase)
    const { idleMs } = this.#call.timeouts
    this.#phase = setTimeout(() => {
      // A paused socket is silent because our own caller is slow, not because the provider is.
      if (this.#controller?.paused) this.#phase?.refresh()
      else this.#fail('idle-timeout', `no byte for ${idleMs} ms`)
    }, idleMs)
    const flat: Record<string, string> = {}
    for (const name in headers) {
      const value = headers[name]
      if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value
    }
    this.#resolve({ status, headers: flat, body: this.#body })
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return
    this.#phase?.refresh()
    this.#body.push(chunk)
  }

  onResponseEnd(): void {
    if (this.over) return
    this.#finish()
    this.#body.end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'UND_ERR_CONNECT_TIMEOUT')
      this.#fail('connect-timeout', 'the connection could not be made in time', error)
    else if (!this.#started) this.#fail('connect', 'the connection could not be made', error)
    else this.#fail('reset', 'the connection broke', error)
  }

  #fail(kind: TransportFailure['kind'], message: string, cause?: unknown): void {
    if (this.over) return
    this.#finish()
    const failure = new TransportFailure(kind, this.#started, message, cause)
    this.#reject(failure)
    this.#body.fail(failure)
    this.#controller?.abort(failure)
  }

  #finish(): void {
    this.over = true
    clearTimeout(this.#phase)
    clearTimeout(this.#total)
    this.#call.signal.removeEventListener('abort', this.#onAbort)
  }
}
