/*
 * A call with an idempotency key.
 *
 * It goes the way of every call, and leaves it early when the key has a reply already. A call that is answered whole belongs to its key once it runs,
 * not to its connection: its caller may leave and ask again, and others may wait for the same answer, so it runs to its end. A stream is ended
 * when its reader leaves, as every stream is.
 */

import { callerLeft } from '../../errors/caller-left.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { actsElsewhere } from '../../execution/acts-elsewhere.ts'
import { fingerprintOf } from '../../idempotency/fingerprint.ts'
import { hashedKey } from '../../idempotency/hashed-key.ts'
import type { EarlierReply, KeyedCall, OwnRun } from '../../idempotency/keyed-run.ts'
import type { LeaveSignal } from '../../lib/leave-signal.ts'
import type { KeptReply } from '../../storage/contracts/idempotency-store.ts'
import type { Engine } from '../engine.ts'
import type { Exchange } from '../exchange.ts'
import type { InboundCall } from '../inbound-call.ts'
import type { ReplyStage } from '../stages/reply.ts'
import type { Authenticated } from '../stages.ts'
import { endingOf } from './run-ending.ts'

/** Heartbeats after which a stream that has ended and that nobody reads is given up. */
const UNREAD_BEATS = 10

/** The idempotency key of a call; undefined for calls without one. */
export function idempotencyKeyOf(call: InboundCall): string | undefined {
  return call.face === 'wire' ? call.headers['idempotency-key'] : call.idempotencyKey
}

/** The way of every call; `once` is there for calls with an idempotency key. */
export type Way<Reply> = (
  engine: Engine,
  call: InboundCall,
  reply: ReplyStage<Reply>,
  once: Once<Reply>,
) => Promise<Reply>

/** Answers a call with an idempotency key. Never rejects. */
export async function answerOnce<Reply>(
  engine: Engine,
  call: InboundCall,
  reply: ReplyStage<Reply>,
  way: Way<Reply>,
): Promise<Reply> {
  const once = new Once(engine, call, reply)
  const answered = way(engine, once.call, reply, once).then((given) => once.end(given))
  return await Promise.race([answered, once.left])
}

/** See the top of the file. */
export class Once<Reply> {
  /** The call, whose signal is the run's. */
  readonly call: InboundCall
  readonly #engine: Engine
  readonly #reply: ReplyStage<Reply>
  readonly #caller: LeaveSignal
  readonly #stopped = new AbortController()
  readonly #left = Promise.withResolvers<Reply>()
  #run: OwnRun | null = null
  #authenticated: Authenticated | null = null
  #unreadBeats = 0
  readonly #onAbort = () => this.#callerLeft()

  constructor(engine: Engine, call: InboundCall, reply: ReplyStage<Reply>) {
    this.#engine = engine
    this.#reply = reply
    this.#caller = call.signal
    const dismiss = (why: GatewayError): void => {
      this.#stopped.abort(why)
      call.dismiss(why)
    }
    this.call = { ...call, signal: this.#stopped.signal, dismiss }
    if (call.signal.aborted) this.#callerLeft()
    else call.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  /** What a caller gets who leaves a call that runs on. */
  get left(): Promise<Reply> {
    return this.#left.promise
  }

  /** An earlier reply; null when this call is to run. Rejects with GatewayError `invalid_request`, `idempotency_conflict` or `ledger_unavailable`. */
  async enter(authenticated: Authenticated): Promise<Reply | null> {
    const { exchange } = authenticated
    const { clock, idempotency } = this.#engine
    const span = exchange.trace.open('idempotency', 'gateway')
    const began = clock.monotonic()
    const { run, earlier } = await idempotency.runs.enter(this.#keyed(authenticated), idempotency.keepMs)
    exchange.waited(clock.monotonic() - began)
    exchange.trace.close(span, 'ok')
    this.#authenticated = authenticated
    this.#run = run
    if (run && this.#reply.early) this.#reply.early.keep = (given) => this.#keepEarly(run, given)
    return earlier && (await this.#again(exchange, earlier))
  }

  /** The call was accepted, and is answered later: that is its reply. What becomes of it is its job's own. */
  async #keepEarly(run: OwnRun, given: Reply): Promise<void> {
    const copy = this.#traced(this.#reply.copying.whole(given))
    await run.end(copy ? { state: 'kept', reply: copy } : { state: 'free', reply: null })
  }

  #traced(copy: KeptReply | null): KeptReply | null {
    return copy && { ...copy, head: { ...copy.head, trace: this.#exchange?.traceId ?? '' } }
  }

  /** Keeps what came of the run before its caller sees the end. Never rejects. */
  async end(given: Reply): Promise<Reply> {
    if (!this.#run) {
      this.#over()
      return given
    }
    const { copying } = this.#reply
    const whole = copying.whole(given)
    if (whole) {
      const isSmall = whole.body.length <= this.#engine.idempotency.maxReplyBytes
      await this.#finish(isSmall ? whole : null, true)
      return given
    }
    return copying.tapped(given, {
      mostBytes: this.#engine.idempotency.maxReplyBytes,
      isClosed: () => this.#exchange?.isSettled === true,
      finish: (copy, isWhole) => this.#finish(copy, isWhole),
    })
  }

  get #exchange(): Exchange | undefined {
    return this.#authenticated?.exchange
  }

  #keyed(authenticated: Authenticated): KeyedCall {
    const { exchange, principal, context } = authenticated
    const key = idempotencyKeyOf(this.call) ?? ''
    const param = this.call.face === 'wire' ? 'idempotency-key' : 'idempotencyKey'
    const owner = principal.keyId ?? principal.kind
    return {
      ...hashedKey({ tenantId: context.tenantId, owner, key, param }),
      fingerprint: fingerprintOf(partsOf(authenticated)),
      stream: exchange.stream,
      signal: this.call.signal,
      stop: (why) => this.#stopped.abort(why),
      beat: () => this.#lookAtReader(),
    }
  }

  /** The reply of another exchange: this one cost nothing, and its row says so. */
  async #again(exchange: Exchange, { reply: kept, state }: EarlierReply): Promise<Reply> {
    exchange.flags.push('idempotent_replay')
    await exchange.settle({ status: 'cached', error: null, answered: null })
    const originalTraceId = String(kept.head.trace)
    return this.#reply.copying.replayed({ kept, final: state === 'kept', exchange, originalTraceId })
  }

  async #finish(copy: KeptReply | null, whole: boolean): Promise<void> {
    const exchange = this.#exchange
    if (!exchange || !this.#authenticated) return
    await this.#run?.end(
      endingOf({
        outcome: exchange.outcome,
        isSettled: exchange.isSettled,
        copy: this.#traced(copy),
        whole,
        actsElsewhere: actsElsewhere(this.#authenticated.request),
        draining: this.#engine.draining(),
      }),
    )
    this.#over()
  }

  #over(): void {
    this.#caller.removeEventListener('abort', this.#onAbort)
  }

  #callerLeft(): void {
    const isSentAway = this.#caller.reason instanceof GatewayError
    // A job is told of nobody who leaves once it is kept.
    const runsOn = this.#run && !this.call.job && !isSentAway
    if (runsOn && this.#exchange && !this.#exchange.stream) {
      this.#left.resolve(this.#reply.refusal(this.#exchange, callerLeft(this.#caller)))
    } else this.#stopped.abort(this.#caller.reason)
  }

  /** A stream that nobody reads closes its books by itself, and nobody would end the run. */
  #lookAtReader(): void {
    if (this.#exchange?.outcome == null) return
    this.#unreadBeats += 1
    if (this.#unreadBeats === UNREAD_BEATS) void this.#finish(null, false)
  }
}

/** What makes this call the same call. The tenant's plan is the operator's, and may change between two of them. */
function partsOf({ exchange, context, request, original }: Authenticated): Parameters<typeof fingerprintOf>[0] {
  const { call } = exchange
  const said: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(context)) if (name !== 'plan') said[inWords(name)] = value
  if (call.face === 'library') return { address: 'library', context: said, body: request }
  const how = HOW_TO_ANSWER.map((name) => call.headers[name])
  return { address: [call.dialect, call.asked, call.query, how], context: said, body: original?.body ?? {} }
}

/** An attribute by the name that callers write: `user_id`. */
function inWords(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** Headers that say in which version of a format to answer, and when. */
const HOW_TO_ANSWER = ['anthropic-version', 'anthropic-beta', 'openai-beta', 'x-headgate-mode', 'prefer']
