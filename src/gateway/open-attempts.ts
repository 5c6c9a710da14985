import { type Amounts, plusAmounts, wholeUnits } from '../canonical/amounts.ts'
import { inputTokens, outputTokens } from '../canonical/usage.ts'
import type { Operation } from '../dialects/dialect.ts'
import type { AttemptRecord, RunningAttempt } from '../execution/running-attempt.ts'
import { attemptAttributes } from '../tracing/gen-ai-attributes.ts'
import type { OpenSpan } from '../tracing/span.ts'
import type { Trace } from '../tracing/trace.ts'
import type { AttemptBound } from './usage-row.ts'

interface OpenAttempt {
  readonly id: string
  readonly span: OpenSpan
  /** The most that it can use. */
  readonly bound: AttemptBound
  /** What it may use for now. */
  held: AttemptBound
}

const NONE: readonly OpenAttempt[] = []

/** The attempts of an exchange whose bytes left and whose answers are not over: one, or two at once. Each has its span. */
export class OpenAttempts {
  readonly #trace: Trace
  readonly #operation: Operation
  #open: readonly OpenAttempt[] = NONE
  /** How long others were waited for: those that ended, from the moment their bytes left. Two at once take no more time than one. */
  tookMs = 0
  #until = Number.NEGATIVE_INFINITY

  constructor(trace: Trace, operation: Operation) {
    this.#trace = trace
    this.#operation = operation
  }

  begin({ id, number, deployment, isHedge }: RunningAttempt, bound: AttemptBound, held: AttemptBound): void {
    const span = this.#trace.open(`attempt ${number} ${deployment.id}`, 'llm', isHedge ? HEDGE : undefined)
    const begun = { id, span, bound, held }
    this.#open = this.#open.length === 0 ? [begun] : [...this.#open, begun]
  }

  /** Whether there is one. */
  get any(): boolean {
    return this.#open.length > 0
  }

  /** Notes what one may use from now on. */
  mayUse(id: string, held: AttemptBound): void {
    for (const one of this.#open) if (one.id === id) one.held = held
  }

  /** The most that one can use. */
  boundOf(id: string): AttemptBound {
    return this.#of(id)?.bound ?? NOTHING
  }

  #of(id: string): OpenAttempt | null {
    for (const one of this.#open) if (one.id === id) return one
    return null
  }

  /** What all may use but this one; null when there is no other. */
  heldBeside(id: string | null): Amounts | null {
    let beside: Amounts | null = null
    for (const { id: other, held } of this.#open) {
      if (other === id) continue
      const more = { usd: held.cost, tokens: wholeUnits(held.inputTokens + held.outputTokens), requests: 0n }
      beside = beside ? plusAmounts(beside, more) : more
    }
    return beside
  }

  end({ id, deployment, status, summary, ttftMs, errorCode, outrun, elapsedMs, endedAt }: AttemptRecord): void {
    // Of two at once the one that is booked later may have ended earlier.
    this.tookMs += Math.max(0, Math.min(elapsedMs, endedAt - this.#until))
    this.#until = Math.max(this.#until, endedAt)
    const ended = this.#of(id)
    if (!ended) return
    this.#open = this.#open.length === 1 ? NONE : this.#open.filter((one) => one !== ended)
    const usage = summary?.usage
    const attributes = attemptAttributes({
      operation: this.#operation,
      provider: deployment.endpoint.provider,
      requestedModel: deployment.model,
      servedModel: summary?.model ?? null,
      finishReason: summary?.finishReason ?? null,
      inputTokens: usage ? inputTokens(usage) : undefined,
      outputTokens: usage ? outputTokens(usage) : undefined,
      status,
      errorCode,
      ttftMs,
      outrun,
    })
    this.#trace.close(ended.span, status === 'completed' || outrun ? 'ok' : 'error', attributes, endedAt)
  }
}

const NOTHING: AttemptBound = { cost: 0n, inputTokens: 0, outputTokens: 0 }
const HEDGE = { 'headgate.hedge': true }
