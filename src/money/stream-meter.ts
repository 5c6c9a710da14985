/*
 * The meter of a running stream: what it has used so far, and whether what is held pays for it.
 *
 * It counts in output tokens. From what is held it works out once how many of them are paid for, and from that how many events and bytes may pass before it has
 * to look again; so an event costs three comparisons. Shortly before the money is used up it asks for more, while the stream runs on. When what is left does not
 * pay for one more event, as large as the largest so far, the stream waits for the answer; when that is no, the stream is over. What a provider has sent is charged, so
 * it must end before the event that would be too much, not with it: only an event larger than all before it can pass what is held.
 *
 * As long as less than the cap is held the estimate is an upper one: the stream must not use what it does not have. When the cap is held whole, the provider itself
 * keeps the answer within the money, and the meter is only there for one that does not: it counts carefully then, because an honest answer must not be cut
 * for a rough count. More events than the cap has tokens are proof; many bytes are only a sign, and while there is money the stream may go on to twice the cap.
 */

import { type Amounts, ONE_UNIT, wholeUnits } from '../canonical/amounts.ts'
import type { NanoUsd } from '../canonical/money.ts'
import { inputTokens, outputTokens, type Usage } from '../canonical/usage.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { OutputScale } from './answers.ts'
import { outputTokensOf, TOOL_CALL_TOKENS } from './output-size.ts'
import type { CallSize, Money, Reservation } from './reservation.ts'
import { TrancheSteps } from './tranche.ts'

/** What a meter works with. */
export interface MeterAsk {
  readonly deployment: Deployment
  /** The prompt's estimate, until the provider counts it. */
  readonly inputTokens: number
  /** The most that may be generated, over all answers. */
  readonly capTokens: number
  /** The output tokens that were held for at first. */
  readonly firstTokens: number
  readonly scale: OutputScale
  /** The most that the call may cost, whatever the budgets have; null when nobody said. */
  readonly ceiling: NanoUsd | null
  /** What earlier attempts of the exchange used of its hold. */
  readonly before: Amounts
  readonly reservation: Pick<Reservation, 'held' | 'topUp'>
  readonly pricing: Pick<Money, 'bound' | 'affordableOutput'>
  /** Aborted when the caller leaves. */
  readonly signal: LeaveSignal
  /** Called before more is used than was noted so far, with what may be used then; throws to stop it. */
  readonly note: (size: CallSize) => void
}

/** Events this small hold a token each, as a rule. */
const SMALL_EVENT_BYTES = 8
/** How far a stream whose bytes are beyond the cap may go while there is money, and in which steps: shares of the cap. */
const BEYOND_CAP = 2
const BEYOND_STEP = 0.25
/** How long a stream that has used up its money waits for more. Its provider speaks on meanwhile, and charges for that. */
const PATIENCE_MS = 250
/** More is asked for when less is left than this: in tokens, as a share of what is paid, and in events. */
const NEAR_TOKENS = 16
const NEAR_SHARE = 1 / 16
const NEAR_EVENTS = 4

/** Where a stream was when the provider last said what it had used. */
interface Mark {
  readonly tokens: number
  readonly events: number
  readonly bytes: number
  readonly toolCalls: number
}

/** The meter of one stream. Its figures count from the stream's beginning and never go back. */
export class StreamMeter {
  readonly #ask: MeterAsk
  readonly #steps: TrancheSteps
  #events = 0
  #bytes = 0
  #toolCalls = 0
  /** The most bytes of an event so far; a tool call weighs as many as its tokens stand for. */
  #largest = 0
  readonly #callWeight: number
  #said: Usage | null = null
  /** From here on the rest is estimated. */
  #mark: Mark = { tokens: 0, events: 0, bytes: 0, toolCalls: 0 }
  #inputTokens: number
  /** What the books were told that may be used. */
  #noted: CallSize
  /** Output tokens that what is held, and noted, pays for. */
  #paid = 0
  /** Tokens at which more is asked for. */
  #askAt = 0
  /** Whether nothing has come yet, so that it is not known how large the events are: a first look is due at half of the money. */
  #early = true
  /** The meter looks again when one of these is reached; a tool call weighs as many bytes as its tokens stand for. */
  #lookEvents = 0
  #lookBytes = 0
  #callBytes = 0
  #pending: Promise<void> | null = null

  constructor(ask: MeterAsk) {
    this.#ask = ask
    this.#callWeight = TOOL_CALL_TOKENS * ask.scale.upper
    this.#steps = new TrancheSteps(ask.firstTokens)
    this.#inputTokens = ask.inputTokens
    this.#noted = { inputTokens: ask.inputTokens, maxOutputTokens: ask.firstTokens }
    this.#reckon()
  }

  /** Takes in how far the stream is; false when what is held does not pay for that and for one more event. */
  pays(events: number, bytes: number, toolCalls: number, usage: Usage | null): boolean {
    const size = bytes - this.#bytes + (toolCalls - this.#toolCalls) * this.#callWeight
    const isLargest = size > this.#largest
    const isNear = events >= this.#lookEvents || bytes + toolCalls * this.#callBytes >= this.#lookBytes
    const looks = isLargest || isNear || usage !== this.#said
    if (looks && this.#ask.scale.singles) this.#keepSingles(events, bytes)
    this.#events = events
    this.#bytes = bytes
    this.#toolCalls = toolCalls
    if (!looks) return true
    if (isLargest) this.#largest = size
    if (usage !== this.#said) this.#hear(usage)
    if (this.#early) this.#askInTime()
    this.#early = false
    if (!this.#pending && this.used >= this.#askAt) this.#askFor(this.#target(this.#steps.next))
    this.#plan()
    return this.#goesOn
  }

  /** Waits a moment until there is money for what was used and one more event; false when there is none. Rejects when the caller leaves. */
  async more(): Promise<boolean> {
    const late = AbortSignal.timeout(PATIENCE_MS)
    await this.#answered(late)
    for (const tokens of [this.#steps.next, 1]) {
      if (late.aborted || this.#goesOn) break
      this.#askFor(this.#target(tokens))
      await this.#answered(late)
    }
    if (this.#goesOn) return true
    // The stream ends here, and does not wait for this: what it has used is to be held for until it is booked, or others would have it too.
    if (!this.#pending) this.#askFor(Math.min(this.#most, this.#fairlyUsed))
    return false
  }

  /** Takes in how far the stream would be with an event that is here already, if what is held pays for that; says whether it did. */
  takes(events: number, bytes: number, toolCalls: number, usage: Usage | null): boolean {
    const [eventsBefore, bytesBefore, toolCallsBefore] = [this.#events, this.#bytes, this.#toolCalls]
    this.#events = events
    this.#bytes = bytes
    this.#toolCalls = toolCalls
    if (this.used > this.#limit) {
      this.#events = eventsBefore
      this.#bytes = bytesBefore
      this.#toolCalls = toolCallsBefore
      return false
    }
    if (usage !== this.#said) this.#hear(usage)
    return this.used <= this.#limit
  }

  /** Output tokens so far, as the meter counts. */
  get used(): number {
    const events = this.#events - this.#mark.events
    const bytes = this.#bytes - this.#mark.bytes
    if ((this.#ask.scale.singles || this.#whole) && this.#areSingles(this.#events, this.#bytes))
      return this.#mark.tokens + events
    const toolCalls = this.#whole ? 0 : this.#toolCalls - this.#mark.toolCalls
    return this.#mark.tokens + outputTokensOf({ events, bytes, toolCalls }, this.#ratio)
  }

  /** The same for the books: not more than was used, but where that is an upper estimate, a fair one. */
  get #fairlyUsed(): number {
    const { used } = this
    if (this.#whole) return used
    const events = this.#events - this.#mark.events
    const bytes = this.#bytes - this.#mark.bytes
    const toolCalls = this.#toolCalls - this.#mark.toolCalls
    return Math.min(used, this.#mark.tokens + outputTokensOf({ events, bytes, toolCalls }, this.#ask.scale.fair))
  }

  /** What was used so far: by the provider's word where there is one, else by what was seen. */
  usage(): Usage {
    const { outputText: _, raw: __, ...said } = this.#said ?? {}
    const used = Math.max(0, this.#fairlyUsed - (said.reasoning ?? 0) - (said.outputAudio ?? 0))
    return { ...(inputTokens(said) > 0 ? said : { ...said, inputUncached: this.#inputTokens }), outputText: used }
  }

  /** Whether all events up to this place, from the mark on, are small enough to be taken for a token each. */
  #areSingles(events: number, bytes: number): boolean {
    return bytes - this.#mark.bytes <= (events - this.#mark.events) * SMALL_EVENT_BYTES
  }

  /** Events that were taken for single tokens are not counted anew when a large one comes: by that the count would grow by far more than one event. */
  #keepSingles(events: number, bytes: number): void {
    if (this.#whole || !this.#areSingles(this.#events, this.#bytes) || this.#areSingles(events, bytes)) return
    this.#mark = { tokens: this.used, events: this.#events, bytes: this.#bytes, toolCalls: this.#toolCalls }
  }

  /** Whether the whole cap is held. */
  get #whole(): boolean {
    return this.#paid >= this.#ask.capTokens
  }

  /** Whether the provider surely went beyond the cap. */
  get #beyond(): boolean {
    return this.#mark.tokens + this.#events - this.#mark.events > this.#ask.capTokens
  }

  get #ratio(): number {
    const { upper, fair } = this.#ask.scale
    return this.#whole ? fair : upper
  }

  /** Tokens that may be used now. */
  get #limit(): number {
    return this.#beyond ? this.#ask.capTokens : this.#paid
  }

  /** What one more event may use; nothing within a cap that is held whole: there the provider ends its answer itself. */
  get #next(): number {
    if (this.#whole && this.used <= this.#ask.capTokens) return 0
    const isSingle = this.#ask.scale.singles && this.#largest <= SMALL_EVENT_BYTES
    return isSingle ? 1 : Math.max(1, Math.ceil(this.#largest / this.#ratio))
  }

  /** Whether what is held pays for what was used and for one more event. */
  get #goesOn(): boolean {
    return this.used + this.#next <= this.#limit
  }

  /** Tokens that may be held for at most. */
  get #most(): number {
    const { capTokens, ceiling, before, deployment, pricing } = this.#ask
    if (!this.#whole || this.#beyond) return capTokens
    const most = Math.floor(capTokens * BEYOND_CAP)
    if (ceiling === null) return most
    return Math.min(most, pricing.affordableOutput(deployment, this.#inputTokens, ceiling - before.usd))
  }

  /** Tokens to hold for next: so many more, enough for what was used and one more event, and no more than may be. */
  #target(step: number): number {
    const wanted = this.#whole && step > 1 ? Math.ceil(this.#ask.capTokens * BEYOND_STEP) : step
    return Math.min(this.#most, Math.max(this.#paid + wanted, this.used + this.#next))
  }

  #askFor(target: number): void {
    if (target <= this.#paid) return
    const { reservation, before, deployment, pricing } = this.#ask
    const size = { inputTokens: this.#inputTokens, maxOutputTokens: target }
    const { held } = reservation
    const missing = (needed: bigint, has: bigint): bigint => (needed > has ? needed - has : 0n)
    const answer = reservation.topUp({
      usd: missing((pricing.bound(deployment, size) ?? 0n) + before.usd, held.usd),
      tokens: missing(wholeUnits(size.inputTokens + target) + before.tokens, held.tokens),
      requests: 0n,
    })
    if (typeof answer === 'boolean') this.#take(answer && size)
    else {
      this.#pending = answer.then((had) => {
        this.#pending = null
        this.#take(had && size)
      })
    }
  }

  #take(granted: CallSize | false): void {
    if (granted && this.#note(granted)) {
      this.#steps.granted()
      this.#reckon()
      return
    }
    this.#steps.refused()
    // Others may give money back meanwhile: ask again when half of the rest is gone.
    const rest = this.#paid - this.#next - this.used
    this.#askAt = rest > 1 ? this.used + Math.ceil(rest / 2) : Number.POSITIVE_INFINITY
    this.#plan()
  }

  #note(size: CallSize): boolean {
    try {
      this.#ask.note(size)
      this.#noted = size
      return true
    } catch {
      // What was not noted must not be used.
      return false
    }
  }

  /** Takes in what the provider says of its own accord. */
  #hear(usage: Usage | null): void {
    this.#said = usage
    if (!usage) return
    const input = inputTokens(usage)
    if (input > 0) this.#inputTokens = input
    if (input > this.#noted.inputTokens) this.#note({ ...this.#noted, inputTokens: input })
    if (usage.outputText !== undefined || usage.reasoning !== undefined) {
      const [events, bytes, toolCalls] = [this.#events, this.#bytes, this.#toolCalls]
      this.#mark = { tokens: outputTokens(usage), events, bytes, toolCalls }
    }
    this.#reckon()
  }

  /** Works out what is paid for. */
  #reckon(): void {
    const { reservation, before, deployment, pricing } = this.#ask
    const { held } = reservation
    const byMoney = pricing.affordableOutput(deployment, this.#inputTokens, held.usd - before.usd)
    const byTokens = Number((held.tokens - before.tokens) / ONE_UNIT) - this.#inputTokens
    this.#paid = Math.max(0, Math.min(byMoney, byTokens, this.#noted.maxOutputTokens))
    this.#askInTime()
    this.#plan()
  }

  /** Works out when to ask: the larger the events are, the earlier. */
  #askInTime(): void {
    const near = Math.max(Math.min(NEAR_TOKENS, this.#paid / 4), this.#paid * NEAR_SHARE)
    const several = (NEAR_EVENTS * this.used) / Math.max(1, this.#events)
    this.#askAt = this.#whole ? Number.POSITIVE_INFINITY : this.#paid - this.#next - Math.max(near, several)
  }

  /** Works out when to look again. */
  #plan(): void {
    const ratio = this.#ratio
    this.#callBytes = this.#whole ? 0 : TOOL_CALL_TOKENS * ratio
    const due = this.#pending ? Number.POSITIVE_INFINITY : this.#askAt
    const look = Math.min(due, this.#limit - this.#next + 1, this.#early ? this.#paid / 2 : Number.POSITIVE_INFINITY)
    const tokens = look - this.#mark.tokens
    this.#lookEvents = this.#mark.events + tokens
    // A token that has begun counts as one.
    this.#lookBytes = this.#mark.bytes + this.#mark.toolCalls * this.#callBytes + (tokens - 1) * ratio
  }

  /** Waits for the answer that is on its way, until it is too late or the caller leaves. */
  async #answered(late: AbortSignal): Promise<void> {
    const { signal } = this.#ask
    if (signal.aborted) throw signal.reason
    if (!this.#pending || late.aborted) return
    const over = Promise.withResolvers<void>()
    const leave = (): void => over.reject(signal.reason)
    const tire = (): void => over.resolve()
    signal.addEventListener('abort', leave, { once: true })
    late.addEventListener('abort', tire, { once: true })
    try {
      await Promise.race([this.#pending, over.promise])
    } finally {
      signal.removeEventListener('abort', leave)
      late.removeEventListener('abort', tire)
    }
  }
}
