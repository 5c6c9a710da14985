import { type Dispatcher, Pool } from 'undici'
import { Alarm, type Rung } from '../lib/alarm.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { ONCE } from '../lib/leave-signal.ts'
import type { AuthenticatedCall, Authenticator, AuthHeaders } from '../providers/auth/authenticator.ts'
import { createAuthenticators } from '../providers/auth/authenticators.ts'
import type { Endpoint } from '../providers/deployment.ts'
import { type Transport, TransportFailure, type UpstreamCall, type UpstreamReply } from './transport.ts'
import { type Flow, QueuedBody } from './upstream-body.ts'

/** How many sockets one origin may have at once; further calls wait for a free one. */
const CONNECTIONS_PER_ORIGIN = 1024

/** Paths may name models, and callers may name any model; what was found out is kept for this many paths of an endpoint. */
const KEPT_PATHS = 1_000

/** Where the calls of one endpoint and path go, and what they carry. */
interface Destination {
  readonly pool: Pool
  readonly url: URL
  readonly origin: string
  readonly path: string
  readonly authenticator: Authenticator
  /** What every call carries; null when each is to be asked for. */
  readonly auth: AuthHeaders | null
  /** Headers that calls have in common, with what every call carries. */
  readonly listed: WeakMap<UpstreamCall['headers'], readonly string[]>
}

/** The one client that talks to the network. Sockets are kept per origin and reused. The clock is for credentials that end. */
export function createHttpTransport(clock: Clock = systemClock): Transport {
  const authenticators = createAuthenticators(clock)
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
      const authenticator = authenticators.of(endpoint)
      const auth = authenticator.fixed ? authenticator.headersFor({ url }) : null
      const pool = poolOf(url.origin, endpoint.timeouts.connectMs)
      destination = {
        pool,
        url,
        origin: url.origin,
        path: url.pathname + url.search,
        authenticator,
        auth,
        listed: new WeakMap(),
      }
      if (known.size >= KEPT_PATHS) known.clear()
      known.set(path, destination)
    }
    return destination
  }

  return {
    send(call) {
      return new Promise<UpstreamReply>((resolve, reject) => {
        // First, because it may refuse: nothing must run then.
        const destination = destinationOf(call.endpoint, call.path)
        const auth = destination.auth ?? destination.authenticator.headersFor(asked(call, destination.url))
        const handler = new UpstreamHandler(call, resolve, reject)
        if (auth instanceof Promise) {
          auth
            .then((proof) => dispatch(call, destination, listed(headersOf(call), proof), handler))
            .catch((error: unknown) => handler.unproven(error))
        } else dispatch(call, destination, headerList(call, destination, auth), handler)
      })
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
    },
  }
}

function dispatch(
  call: UpstreamCall,
  { pool, origin, path }: Destination,
  headers: readonly string[],
  handler: UpstreamHandler,
): void {
  if (handler.over) return
  pool.dispatch({ origin, path, method: 'POST', headers: headers as string[], body: call.body }, handler)
}

/** All headers of a call. Where it has none of its own and its proof is everybody's, they were listed before. */
function headerList(call: UpstreamCall, { auth, listed: known }: Destination, proof: AuthHeaders): readonly string[] {
  if (auth === null || hasOwn(call)) return listed(headersOf(call), proof)
  let list = known.get(call.headers)
  if (!list) {
    list = listed(call.headers, proof)
    known.set(call.headers, list)
  }
  return list
}

/** All headers in the form that undici need not take apart: name, value, name, value. What proves who we are stands over what else is said. */
function listed(headers: UpstreamCall['headers'], proof: AuthHeaders): string[] {
  const list: string[] = []
  for (const name in headers) if (!Object.hasOwn(proof, name)) list.push(name, headers[name] ?? '')
  for (const name in proof) list.push(name, proof[name] ?? '')
  return list
}

function hasOwn({ ownHeaders }: UpstreamCall): boolean {
  for (const _ in ownHeaders) return true
  return false
}

function headersOf(call: UpstreamCall): UpstreamCall['headers'] {
  return hasOwn(call) ? { ...call.headers, ...call.ownHeaders } : call.headers
}

function asked(call: UpstreamCall, url: URL): AuthenticatedCall {
  return { url, method: 'POST', headers: headersOf(call), body: call.body }
}

class UpstreamHandler implements Dispatcher.DispatchHandler, Flow, Rung {
  readonly #call: UpstreamCall
  readonly #resolve: (reply: UpstreamReply) => void
  readonly #reject: (error: Error) => void
  readonly #body: QueuedBody
  readonly #alarm = new Alarm(this)
  readonly #totalBy: number
  /** Since when the provider was silent when it should have spoken. */
  #silentSince = Number.POSITIVE_INFINITY
  #controller: Dispatcher.DispatchController | null = null
  #started = false
  #answered = false
  over = false

  constructor(call: UpstreamCall, resolve: (reply: UpstreamReply) => void, reject: (error: Error) => void) {
    this.#call = call
    this.#resolve = resolve
    this.#reject = reject
    const { now } = this.#alarm
    this.#totalBy = now + call.timeouts.totalMs
    this.#body = new QueuedBody(this)
    if (call.signal.aborted) {
      this.handleEvent()
      return
    }
    call.signal.addEventListener('abort', this, ONCE)
    // Set though nothing was sent yet: then it is set once.
    this.#ringBy(Number.POSITIVE_INFINITY, now)
  }

  /** The caller left. */
  handleEvent(): void {
    this.#fail('aborted', 'the caller left')
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    // The provider was not asked for anything while the socket was paused: its silence is counted from here.
    if (this.#answered) this.#silentSince = this.#alarm.now
    this.#controller?.resume()
  }

  abort(): void {
    this.#fail('aborted', 'the call was abandoned')
  }

  /** There is nothing to prove ourselves with, so nothing was sent. */
  unproven(error: unknown): void {
    this.#fail('credential', error instanceof Error ? error.message : String(error), error)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.over) {
      controller.abort(new Error('the call was abandoned'))
      return
    }
    this.#started = true
    this.#silentSince = this.#alarm.now
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200 || this.over) return
    this.#answered = true
    this.#silentSince = this.#alarm.now
    this.#resolve({ status, headers: flat(headers), body: this.#body })
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.over) return
    this.#silentSince = this.#alarm.now
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

  /** It may be time for one of the clocks. */
  ring(): void {
    const { totalMs, firstByteMs, idleMs } = this.#call.timeouts
    const { now } = this.#alarm
    // A paused socket is silent because our own caller is slow, not because the provider is.
    if (this.#answered && this.#controller?.paused) this.#silentSince = now
    const speakBy = this.#silentSince + (this.#answered ? idleMs : firstByteMs)
    if (now >= this.#totalBy) this.#fail('total-timeout', `no complete answer within ${totalMs} ms`)
    else if (now < speakBy) this.#ringBy(speakBy, now)
    else if (this.#answered) this.#fail('idle-timeout', `no byte for ${idleMs} ms`)
    else this.#fail('first-byte-timeout', `no reply within ${firstByteMs} ms`)
  }

  /** No deadline can come before the alarm rings, whatever happens until then: what happens need not touch it. */
  #ringBy(speakBy: number, now: number): void {
    const { firstByteMs, idleMs } = this.#call.timeouts
    this.#alarm.by(Math.min(this.#totalBy, speakBy, now + Math.min(firstByteMs, idleMs)), now)
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
    this.#alarm.off()
    this.#call.signal.removeEventListener('abort', this)
  }
}

/** Headers with one value each: as they came, in the usual case that none was repeated. */
function flat(headers: Record<string, string | string[] | undefined>): Readonly<Record<string, string>> {
  for (const name in headers) if (typeof headers[name] !== 'string') return joined(headers)
  return headers as Readonly<Record<string, string>>
}

function joined(headers: Record<string, string | string[] | undefined>): Readonly<Record<string, string>> {
  const single: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) single[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return single
}
