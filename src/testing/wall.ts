/*
 * The wall: a fake provider for tests. It answers OpenAI's Chat Completions and Anthropic's Messages over real HTTP, refuses
 * requests that the real ones would refuse, misbehaves on command, and keeps its own log of what happened. That log is the
 * outside truth: what a gateway's ledger says about upstream calls can be held against it.
 *
 * A call goes through here in three steps: a plan is found (`plan-source.ts`), the whole reply is decided (`decide.ts`, pure),
 * and the reply is played on the connection (`play.ts`).
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type Clock, systemClock } from '../lib/clock.ts'
import { CallLog } from './call-log.ts'
import { controlReply } from './control.ts'
import { decide } from './decide.ts'
import { faultsOf, findFault } from './fault.ts'
import { newCall } from './new-call.ts'
import { type PlanOrName, PlanSource, type Script } from './plan-source.ts'
import { play } from './play.ts'
import type { WallCall } from './wall-call.ts'

/** How to start a wall; everything has a default. */
export interface WallOptions {
  /** Default: any free port. */
  readonly port?: number
  /** Default `127.0.0.1`. */
  readonly host?: string
  /** One JSON line for every call that ended, written before its last bytes leave. Default: no file. */
  readonly logFile?: string
  /** Keys it takes; any other is answered with 401. Default: every key, and none. */
  readonly keys?: readonly string[]
  /** For calls that no script, header or model name decides. Default: a plain good answer. */
  readonly defaultPlan?: PlanOrName
  /** How many calls stay in memory. Default 100,000. */
  readonly keepCalls?: number
  /** Told of every piece of a reply's body just before it leaves: who keeps them knows what was said, byte by byte. */
  readonly onWrite?: (call: WallCall, bytes: Buffer) => void
  /** Default: the machine's clock. */
  readonly clock?: Clock
}

/** A running wall. */
export interface Wall {
  /** `http://127.0.0.1:PORT`, the base URL for Anthropic. */
  readonly url: string
  /** The base URL for OpenAI-like clients: `url` with `/v1`. */
  readonly openaiUrl: string
  readonly port: number
  /** Every call so far, oldest first; they change while they run. */
  readonly calls: readonly WallCall[]
  /** The calls whose whole good answer was written. */
  readonly completed: readonly WallCall[]
  /** Decides what the next calls get; null goes back to headers and model names. */
  plan(script: Script | null): void
  /** Forgets all calls, and the counts of plans that hold for some calls only. */
  clear(): void
  /** The first call, past or to come, for which the predicate holds. Rejects after `timeoutMs` (default 10,000). */
  waitFor(predicate: (call: WallCall) => boolean, timeoutMs?: number): Promise<WallCall>
  /** How many connections are open, used or not. */
  connections(): Promise<number>
  /** Closes every connection that nobody uses at the moment, without notice. */
  closeIdleConnections(): void
  /** Breaks every connection and stops listening. */
  close(): Promise<void>
}

/** Starts a wall. Rejects when the port is taken. */
export async function startWall(options: WallOptions = {}): Promise<Wall> {
  const running = new RunningWall(options)
  await running.listen(options.port ?? 0, options.host ?? '127.0.0.1')
  return running
}

class RunningWall implements Wall {
  readonly #options: WallOptions
  readonly #clock: Clock
  readonly #log: CallLog
  readonly #plans: PlanSource
  readonly #server: Server
  /** Connections that are to be reset at their next use. */
  readonly #doomed = new WeakSet<Socket>()
  #url = ''
  #port = 0

  constructor(options: WallOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#log = new CallLog(options.logFile, options.keepCalls ?? 100_000)
    this.#plans = new PlanSource(options.defaultPlan)
    // No timeouts of its own: a wall is only ever slow or short-tempered on command.
    this.#server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
      this.#receive(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      )
    })
  }

  async listen(port: number, host: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, resolve)
    })
    const address = this.#server.address()
    this.#port = address !== null && typeof address === 'object' ? address.port : port
    this.#url = `http://${host.includes(':') ? `[${host}]` : host}:${this.#port}`
  }

  get url(): string {
    return this.#url
  }

  get openaiUrl(): string {
    return `${this.#url}/v1`
  }

  get port(): number {
    return this.#port
  }

  get calls(): readonly WallCall[] {
    return this.#log.calls
  }

  get completed(): readonly WallCall[] {
    return this.#log.calls.filter((call) => call.completed)
  }

  plan(script: Script | null): void {
    this.#plans.use(script)
  }

  clear(): void {
    this.#log.clear()
    this.#plans.reset()
  }

  waitFor(predicate: (call: WallCall) => boolean, timeoutMs = 10_000): Promise<WallCall> {
    return this.#log.waitFor(predicate, timeoutMs)
  }

  connections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
    })
  }

  closeIdleConnections(): void {
    this.#server.closeIdleConnections()
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request
    const rawBody = this.#doomed.has(socket) ? '' : await readText(request)
    const control = controlReply(request, rawBody, this)
    if (control) {
      response.writeHead(control.status, { 'content-type': 'application/json' }).end(JSON.stringify(control.body))
      return
    }
    const call = newCall(request, rawBody, this.#log.nextNumber(), this.#clock.now())
    this.#log.add(call)
    if (this.#doomed.has(socket)) {
      this.#log.settle(call, 'cut', this.#clock.now())
      socket.resetAndDestroy()
      return
    }
    const { reply, plan } = decide(call, { plans: this.#plans, keys: this.#options.keys, url: this.#url })
    const faults = faultsOf(plan.fault)
    call.plan = plan.name ?? null
    await play(reply, {
      response,
      call,
      log: this.#log,
      now: () => this.#clock.now(),
      sliceBytes: findFault(faults, 'slices')?.bytes,
      billsAfterAbort: plan.billsAfterAbort ?? false,
      onWrite: this.#options.onWrite,
    })
    if (findFault(faults, 'reset-on-reuse')) this.#doomed.add(socket)
    const idle = findFault(faults, 'idle-close')
    if (idle) setTimeout(() => socket.destroy(), idle.afterMs).unref()
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
