/*
 * An exchange: one client request and its reply.
 *
 * It gathers what every stage learned, and closes the books exactly once. Whoever notices the end first (the reply's last byte, a refusal,
 * an upstream that broke, a caller that left) calls `settle`; later calls get the same promise. Nothing here is awaited by the
 * caller before the first byte, and the end of the answer waits for nothing but the books.
 */

import type { CallContext, Principal } from '../access/context.ts'
import { LimitRefusal } from '../admission/limit-refusal.ts'
import type { RateView } from '../admission/rate-view.ts'
import type { Ticket } from '../admission/ticket.ts'
import { type Amounts, plusAmounts, wholeUnits } from '../canonical/amounts.ts'
import { type NanoUsd, usdNumber } from '../canonical/money.ts'
import { operationOf } from '../dialects/registry.ts'
import { asGatewayError, type GatewayError } from '../errors/gateway-error.ts'
import type { Executed } from '../execution/execute-ask.ts'
import type { AttemptRecord, RunningAttempt } from '../execution/running-attempt.ts'
import { newId } from '../lib/ids.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { PromptBulk, Reservation } from '../money/reservation.ts'
import type { Decision } from '../policy/decision.ts'
import { passOver } from '../policy/pass-over.ts'
import { refusedReceipt } from '../policy/receipt.ts'
import { type RouteOutline, RouteRefusal } from '../policy/refusal.ts'
import type { SkipReason } from '../policy/skip-reasons.ts'
import { writtenReceipt } from '../policy/written-receipt.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { UsageRow } from '../storage/contracts/ledger-store.ts'
import { startTrace, type Trace } from '../tracing/trace.ts'
import { formatTraceparent, traceIdentity } from '../tracing/traceparent.ts'
import type { Engine } from './engine.ts'
import { fallbackFacts } from './fallback-facts.ts'
import type { InboundCall } from './inbound-call.ts'
import { learnFrom } from './learn-from.ts'
import { OpenAttempts } from './open-attempts.ts'
import type { Outcome } from './outcome.ts'
import { passesHold } from './passes-hold.ts'
import type { RunningExchange } from './running-exchanges.ts'
import { type AttemptBound, presumedRow, type RowFacts, refusalRow, usageRow } from './usage-row.ts'
import { wayBegun, wayTaken } from './way-taken.ts'

/** Opens the exchange of a call: its identity, its clocks and its trace. */
export function openExchange(engine: Engine, call: InboundCall): Exchange {
  return new Exchange(engine, call)
}

/** One client request and its reply, from the first byte to the settled books. */
export class Exchange {
  readonly engine: Engine
  readonly call: InboundCall
  readonly traceId: string
  readonly trace: Trace
  readonly startedAt: number
  /** What guards and validators found. */
  readonly flags: string[] = []
  /** Paths of the caller's fields that did not reach the provider. */
  readonly dropped: string[] = []
  /** Its entry among the running exchanges, while it is one of them. */
  running: RunningExchange | null = null
  requestedModel = ''
  stream = false
  route: string | null = null
  fallbackReason: string | null = null
  servedModel: string | null = null
  ttftMs: number | null = null
  /** How the rates stood that the call counted on or was refused by. */
  rates: readonly RateView[] = []
  /** What its decision was asked, for the ledger; null until it is. */
  asked: ((answered: AttemptRecord | null, inputEstimate: number) => unknown) | null = null
  /** Whether it has waited for others; see `Gathering`. */
  hasGathered = false
  /** How it ended; null while it goes on. */
  outcome: Outcome | null = null
  /** Whether the books are closed. */
  isSettled = false
  #started: number
  readonly #usage: UsageRow[] = []
  /** What the rows of `#usage` come to. */
  #cost = 0n
  #charge = 0n
  #tokens = 0
  readonly #attempts: OpenAttempts
  #context: CallContext | null = null
  #principal: Principal | null = null
  #decision: Decision | null = null
  /** What was decided when nobody may serve the call. */
  #unserved: RouteOutline | null = null
  #ticket: Ticket | null = null
  #reservation: Reservation | null = null
  #inputEstimate = 0
  #prompt: PromptBulk | null = null
  #executed: Executed | null = null
  #settled: Promise<void> | null = null

  constructor(engine: Engine, call: InboundCall) {
    this.engine = engine
    this.call = call
    const identity = traceIdentity(call.face === 'wire' ? call.headers : { traceparent: call.traceparent ?? undefined })
    this.traceId = identity.traceId
    this.trace = startTrace({ traceId: identity.traceId, parentId: identity.parentId, clock: engine.clock })
    this.startedAt = this.trace.startedAt
    this.#started = this.trace.started
    const operation = operationOf(call.face === 'wire' ? call.dialect : null)
    this.#attempts = new OpenAttempts(this.trace, operation)
  }

  /** Whether the caller is still there. */
  get signal(): LeaveSignal {
    return this.call.signal
  }

  /** Monotonic time at which the call arrived. */
  get started(): number {
    return this.#started
  }

  /** A job's turn has come: how long it waited counts neither as the time that its task allows nor as latency. */
  beginAnew(): void {
    this.#started = this.engine.clock.monotonic()
  }

  /** The W3C header that continues this trace. */
  get traceparent(): string | null {
    return formatTraceparent(this.traceId, this.trace.rootId)
  }

  authenticated(principal: Principal, context: CallContext): void {
    this.#principal = principal
    this.#context = context
  }

  decided(decision: Decision, prompt: PromptBulk): void {
    this.#prompt = prompt
    this.#decision = decision
    this.#inputEstimate = decision.estimate.inputTokens
    this.route = wayBegun(decision)
  }

  /** Takes the decision that the money was enough for. */
  tightened(decision: Decision): void {
    this.#decision = decision
  }

  /** Takes the decision for a cheaper model, which a limit made necessary. */
  downgraded(decision: Decision): void {
    this.#decision = decision
    this.#inputEstimate = decision.estimate.inputTokens
    const { from, to } = decision.downgraded ?? { from: this.route, to: decision.candidates[0].logicalName }
    this.route = `${from} -> ${to}`
  }

  /** Notes that a candidate was not called when its turn came, and why. */
  passedOver(deployment: Deployment, reason: SkipReason, detail: string): void {
    if (this.#decision) this.#decision = passOver(this.#decision, deployment, reason, detail)
  }

  /** Notes how long the call waited for the reply of another: that is no time of ours. */
  waited(ms: number): void {
    this.#attempts.tookMs += ms
  }

  /** Takes what the call was let in with. */
  admitted(ticket: Ticket): void {
    this.#ticket = ticket
    this.rates = ticket.rates
  }

  reserved(reservation: Reservation): void {
    this.#reservation = reservation
  }

  /** Notes who answered and when, by the monotonic clock, for headers and records. */
  answeredBy(executed: Executed, at: number): void {
    this.#executed = executed
    const { route, fallbackReason } = wayTaken(this.#decision, executed)
    this.route = route
    this.fallbackReason = fallbackReason
    this.servedModel = executed.target.deployment.id
    if (executed.isDowngrade || this.#decision?.downgraded) this.flags.push('downgraded')
    this.ttftMs = Math.round(at - this.#started)
    if (executed.dropped.length > 0) this.dropped.push(...executed.dropped)
  }

  /** To be called just before an attempt's bytes leave. `bound` is the most that it can use, `held` what it may use for now. */
  dispatched(running: RunningAttempt, bound: AttemptBound, held: AttemptBound): void {
    const flag = this.engine.priceWatch(running.deployment)
    if (flag !== null && !this.flags.includes(flag)) this.flags.push(flag)
    this.mayUse(running, held)
    this.#attempts.begin(running, bound, held)
  }

  /** Notes what an attempt may use from now on: that is booked if this process dies. Throws when it cannot be noted. */
  mayUse(running: RunningAttempt, held: AttemptBound): void {
    this.#reservation?.dispatch(presumedRow(this.#facts(), running, held))
    this.#attempts.mayUse(running.id, held)
  }

  /** Takes the record of a closed attempt. Rows of failed attempts are written with the exchange. */
  attemptClosed(record: AttemptRecord): void {
    const row = this.#rowOf(record)
    this.#attempts.end(record)
    if (record.failure !== null) this.engine.metrics.upstreamFailed(record.deployment.endpoint.provider, record.failure)
    this.#book(row)
    if (this.#prompt) learnFrom(record, { prompt: this.#prompt, decision: this.#decision, money: this.engine.money })
  }

  /** Whether an attempt runs. */
  get isBusy(): boolean {
    return this.#attempts.any
  }

  /** What the attempts that are closed used. */
  get used(): Amounts {
    return { usd: this.#cost, tokens: wholeUnits(this.#tokens), requests: 0n }
  }

  /** The same, and what the attempts that run may use, but for one. */
  usedBeside(attemptId: string | null): Amounts {
    const beside = this.#attempts.heldBeside(attemptId)
    return beside ? plusAmounts(this.used, beside) : this.used
  }

  /** The cost of everything so far. */
  get cost(): NanoUsd {
    return this.#cost
  }

  /** The cost in USD, for a header. */
  get costUsd(): number {
    return usdNumber(this.#cost)
  }

  /** Closes the books, exactly once. Durable when it resolves; rejects with GatewayError `ledger_unavailable`. */
  settle(outcome: Outcome): Promise<void> {
    this.outcome ??= outcome
    this.#settled ??= this.#close(outcome)
    return this.#settled
  }

  /** Ends the exchange with an error, and gives that error in its final form. Never rejects: the caller is owed a reply. */
  async refuse(thrown: unknown): Promise<GatewayError> {
    const error = asGatewayError(thrown)
    if (error instanceof LimitRefusal) this.rates = error.rates
    if (error instanceof RouteRefusal) this.#unserved = error.outline
    if (error.code === 'internal') this.engine.log.error({ err: error.cause, trace_id: this.traceId }, 'internal error')
    const left = error.code === 'client_closed'
    const began = this.#usage.length > 0
    const answered = this.#givenUp(left ? 'client_gone' : 'failed', error)
    const status = left ? 'client_gone' : began || answered ? 'failed' : 'refused'
    const settled = this.settle({ status, error, answered }).catch((cause: unknown) => {
      this.engine.log.error({ err: cause, trace_id: this.traceId }, 'the refusal could not be written to the ledger')
    })
    // Nobody waits for a ledger that is away to take note of that.
    if (error.code !== 'ledger_unavailable') await settled
    return error
  }

  /** An attempt that answered, when something after it went wrong: it is ended, and paid for. */
  #givenUp(status: 'client_gone' | 'failed', error: GatewayError): AttemptRecord | null {
    if (!this.#executed || this.#executed.isBroken) return null
    const { answer, running } = this.#executed
    if (answer.kind === 'stream') answer.abort()
    return running.close(status, error.code, answer.summary, true)
  }

  /** The row of a closed attempt. What cannot be priced is booked at its bound: whatever a provider says, the books must close. */
  #rowOf(record: AttemptRecord): UsageRow {
    const bound = this.#attempts.boundOf(record.id)
    try {
      return usageRow(this.#facts(), record, this.engine.money, this.#inputEstimate, bound.cost)
    } catch (error) {
      this.engine.log.error({ err: error, trace_id: this.traceId }, 'an attempt could not be priced')
      return presumedRow(this.#facts(), record, bound)
    }
  }

  #book(row: UsageRow): void {
    this.#usage.push(row)
    this.#cost += row.cost
    this.#charge += row.charge ?? row.cost
    this.#tokens += row.inputTokens + row.outputTokens
  }

  async #close(outcome: Outcome): Promise<void> {
    const context = this.#context
    // Before authentication there is no tenant to write a row for.
    if (!context) return this.#count(outcome)
    const others = this.engine.gathering.join(this)
    if (others) await others
    this.engine.running.end(this)
    try {
      if (outcome.answered) this.attemptClosed(outcome.answered)
    } finally {
      this.#leave(outcome)
    }
    if (this.#usage.length === 0) this.#book(this.#refusal(outcome))
    this.#count(outcome)
    if (this.#reservation && passesHold(this.used, this.#reservation.held)) this.flags.push('hold_passed')
    const endedAt = this.trace.end(outcome.error ? 'error' : 'ok', fallbackFacts(this))
    const refused = this.#unserved && refusedReceipt(this.#unserved)
    const closed = {
      usage: this.#usage,
      spans: [this.trace.spans(context.tenantId)],
      request: {
        traceId: this.traceId,
        tenantId: context.tenantId,
        userId: context.userId,
        keyId: this.#principal?.keyId ?? null,
        feature: context.feature,
        task: this.#decision?.task ?? context.task,
        requestedModel: this.requestedModel,
        route: this.route,
        servedModel: this.servedModel,
        fallbackReason: this.fallbackReason,
        dialect: this.call.face === 'wire' ? this.call.dialect : 'library',
        stream: this.stream,
        status: outcome.status,
        errorCode: outcome.error?.code ?? null,
        cost: this.#cost,
        charge: this.#charge,
        latencyMs: Math.round(endedAt - this.#started),
        ttftMs: this.ttftMs,
        dropped: this.dropped,
        flags: this.flags,
        decision: this.#decision ? writtenReceipt(this.#decision) : refused,
        asked: this.asked?.(outcome.answered, this.#inputEstimate) ?? null,
        createdAt: this.startedAt,
      },
    }
    const prices = this.engine.money.pricesKept()
    if (prices) await prices
    if (this.#reservation) await this.#reservation.settle(closed)
    else await this.engine.money.record(closed)
    if (outcome.status !== 'refused') this.#ended()
    this.isSettled = true
  }

  /**
   * Tells who looks on, before the books are closed: a ledger that is away must not hide what happens meanwhile. Whoever fails at looking keeps no books open.
   */
  #count({ status, error }: Outcome): void {
    const { engine } = this
    const isFirstToken = this.stream && this.#executed?.answer.kind === 'stream'
    try {
      if (this.#context) engine.onlooker({ context: this.#context, cost: this.#cost })
      engine.metrics.closed({
        task: this.#decision?.task ?? this.#context?.task ?? null,
        status,
        errorCode: error?.code ?? null,
        usage: this.#usage,
        cost: this.#cost,
        fallbackReason: this.fallbackReason,
        isDowngrade: this.flags.includes('downgraded'),
        ttftMs: isFirstToken ? this.ttftMs : null,
      })
    } catch (cause) {
      engine.log.error({ err: cause, trace_id: this.traceId }, 'a closed call could not be counted')
    }
    if (status === 'refused') this.#ended()
  }

  #ended(): void {
    this.engine.metrics.ended(this.engine.clock.monotonic() - this.#started, this.#attempts.tookMs)
  }

  /** Gives back what the call was let in with: its places at once, and what it counted beyond what it used. */
  #leave({ status }: Outcome): void {
    if (!this.#ticket) return
    const attempts = this.#usage.map(({ model, inputTokens, outputTokens }) => ({
      model: model ?? '',
      tokens: inputTokens + outputTokens,
    }))
    this.#ticket.close({ counts: status !== 'refused', attempts })
  }

  /** The row of a call for which no provider was asked. */
  #refusal(outcome: Outcome): UsageRow {
    const createdAt = this.startedAt
    const latencyMs = Math.round(this.engine.clock.monotonic() - this.#started)
    return refusalRow(this.#facts(), newId('at', createdAt), outcome, { createdAt, latencyMs })
  }

  #facts(): RowFacts {
    if (!this.#context || !this.#principal) throw new Error('an attempt before authentication')
    return {
      traceId: this.traceId,
      context: this.#context,
      principal: this.#principal,
      task: this.#decision?.task ?? this.#context.task,
      route: this.route,
      estimatedCost: this.#decision?.estimate.cost ?? 0n,
      markup: this.engine.markupOf(this.#context.tenantId),
    }
  }
}
