/*
 * Limits that several instances share through a server, and what happens while the server is away.
 *
 * Every call is counted on the server and, without being asked, in this process too. When the server does not answer within `patienceMs`, the call is decided here: this
 * instance then has its share of every limit, the limit divided by the instances that were last known. So limits hold about as before, neither all open nor all
 * closed; and because this instance knows what it let in, the outage gives nobody a second burst. From then on the server is not waited
 * for at all. It is asked for a sign of life instead, and when it gives one it is told what was counted meanwhile, and everything is as before.
 *
 * A call whose answer comes too late was decided here already. What the server counted for it is then put right.
 */
import { LruMap } from '../lib/lru-map.ts'
import { within } from '../lib/within.ts'
import type {
  KnownValues,
  LimitAsk,
  LimitLook,
  LimitStore,
  LimitStoreCondition,
  LimitUse,
  LimitVerdict,
  RateChange,
  RateRule,
  RateTake,
  Slot,
  SlotRule,
} from '../storage/contracts/limit-store.ts'
import type { MemoryLimits } from '../storage/memory/limit-store.ts'
import type { RedisLimits } from '../storage/redis/limit-store.ts'

/** What shared limits are made of. */
export interface SharedLimitsOptions {
  readonly server: RedisLimits
  /** The counts of this process. */
  readonly own: MemoryLimits
  readonly log: { info(facts: object, message: string): void; warn(facts: object, message: string): void }
  /** What the connection last complained of; empty when it did not. */
  readonly complaint?: () => string
  /** How long a call waits for the server. Default 50 ms. */
  readonly patienceMs?: number
  /** How often slots are renewed. Default 2 s. */
  readonly beatMs?: number
  /** How often a server that is away is asked for a sign of life. Default 250 ms. */
  readonly probeMs?: number
}

/** Shared limits, and how they do. */
export interface SharedLimits extends LimitStore, KnownValues {
  /** What the server counts; while it is away, what this instance does, against its share. Never rejects. */
  peek(looks: readonly LimitLook[]): Promise<readonly LimitUse[]>
  condition(): LimitStoreCondition
  /** Stops renewing. The connection stays the caller's. */
  close(): void
}

const PATIENCE_MS = 50
const BEAT_MS = 2_000
const PROBE_MS = 250
/** An operator who looks waits longer than a call. */
const PEEK_MS = 1_000
/** More counts and slots than these are not kept for a server that is away: they heal by themselves. */
const MOST_OWED = 10_000

/** Begins to share. The server need not be there yet. */
export function shareLimits(options: SharedLimitsOptions): SharedLimits {
  return new Shared(options)
}

class Shared implements SharedLimits {
  readonly #server: RedisLimits
  readonly #own: MemoryLimits
  readonly #log: SharedLimitsOptions['log']
  readonly #complaint: () => string
  readonly #patienceMs: number
  readonly #beatMs: number
  readonly #probeMs: number
  /** Places that calls of this instance have. */
  readonly #held = new Map<string, readonly Slot[]>()
  /** What the server is to be told when it is back. */
  readonly #owedChanges = new LruMap<string, RateChange>(MOST_OWED)
  #owedReleases: Slot[] = []
  #away = false
  #instances = 1
  #closed = false
  #timer: NodeJS.Timeout | undefined

  constructor({ server, own, log, complaint, patienceMs, beatMs, probeMs }: SharedLimitsOptions) {
    this.#server = server
    this.#own = own
    this.#log = log
    this.#complaint = complaint ?? (() => '')
    this.#patienceMs = patienceMs ?? PATIENCE_MS
    this.#beatMs = beatMs ?? BEAT_MS
    this.#probeMs = probeMs ?? PROBE_MS
    void this.#beat()
  }

  async take(ask: LimitAsk): Promise<LimitVerdict> {
    if (this.#away) return this.#decideHere(ask)
    const answer = this.#server.take(ask)
    const verdict = await within(answer, this.#patienceMs)
    if (verdict) {
      if (verdict.admitted) this.#note(ask)
      return verdict
    }
    this.#leave()
    const decided = this.#decideHere(ask)
    void answer.then(
      (late) => this.#undo(ask, late, decided),
      () => undefined,
    )
    return decided
  }

  correct(changes: readonly RateChange[]): void {
    this.#own.correct(changes)
    if (!this.#away) this.#server.correct(changes)
    else for (const change of changes) this.#owe(change)
  }

  hold(slots: readonly Slot[]): void {
    this.#own.hold(slots)
    for (const slot of slots) this.#held.set(slot.lease, [...(this.#held.get(slot.lease) ?? []), slot])
    if (!this.#away) this.#server.hold(slots)
  }

  release(slots: readonly Slot[]): void {
    this.#own.release(slots)
    for (const { lease } of slots) this.#held.delete(lease)
    if (!this.#away) this.#server.release(slots)
    else if (this.#owedReleases.length < MOST_OWED) this.#owedReleases.push(...slots)
  }

  async peek(looks: readonly LimitLook[]): Promise<readonly LimitUse[]> {
    const seen = this.#away ? null : await within(this.#server.peek(looks), PEEK_MS)
    return seen ?? this.#own.peek(looks.map(({ rule, value }) => ({ rule: this.#sharedRule(rule), value })))
  }

  /** By this instance's share: what it sees of a value is a part of what the server counts, and would look paid off by the whole limit. */
  busiest(rule: RateRule | SlotRule, most: number): readonly string[] {
    return this.#own.busiest(this.#sharedRule(rule), most)
  }

  condition(): LimitStoreCondition {
    return { store: 'redis', state: this.#away ? 'away' : 'ok', instances: this.#instances }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** Counts here what the server let in. */
  #note({ rates, slots }: LimitAsk): void {
    this.#own.correct(rates)
    this.#keep(slots)
  }

  #keep(slots: readonly Slot[]): void {
    const [first] = slots
    if (!first) return
    this.#own.hold(slots)
    this.#held.set(first.lease, slots)
  }

  /** Decides by this instance's share. What it counted beyond its share while the server let in more is forgotten: it must not be shut out for that. */
  #decideHere(ask: LimitAsk): LimitVerdict {
    const rates = ask.rates.map((take) => ({ ...take, rule: this.#sharedRule(take.rule) }))
    const slots = ask.slots.map((slot) => ({ ...slot, rule: this.#sharedRule(slot.rule) }))
    this.#own.correct(rates.map((take) => ({ ...take, amount: 0, most: take.rule.limit })))
    const verdict = this.#own.take({ ...ask, rates, slots })
    if (!verdict.admitted) return verdict
    for (const take of ask.rates) this.#owe(take)
    this.#keep(ask.slots)
    return verdict
  }

  #sharedRule<Rule extends RateRule | SlotRule>(rule: Rule): Rule {
    return { ...rule, limit: this.#shareOf(rule.limit) }
  }

  #shareOf(limit: number): number {
    return limit === 0 ? 0 : Math.max(1, Math.floor(limit / this.#instances))
  }

  /** The server did count a call that was decided here meanwhile. */
  #undo(ask: LimitAsk, late: LimitVerdict, decided: LimitVerdict): void {
    if (late.admitted) this.#settle(ask.rates.map((take) => ({ ...take, amount: -take.amount })))
    if (decided.admitted) return
    if (this.#away) this.#owedReleases.push(...ask.slots)
    else this.#server.release(ask.slots)
  }

  /** Changes on the server alone. */
  #settle(changes: readonly RateChange[]): void {
    if (this.#away) for (const change of changes) this.#owe(change)
    else this.#server.correct(changes)
  }

  #owe(change: RateTake): void {
    const key = `${change.rule.id}\n${change.value}`
    const owed = this.#owedChanges.get(key)?.amount ?? 0
    this.#owedChanges.set(key, { rule: change.rule, value: change.value, amount: owed + change.amount })
  }

  #leave(): void {
    if (this.#away) return
    this.#away = true
    const reason = this.#complaint() || 'it does not answer'
    const facts = { reason, instances: this.#instances }
    this.#log.warn(facts, 'the server of shared limits is away; this instance counts against its share of every limit')
    this.#again(this.#probeMs)
  }

  #return(): void {
    if (!this.#away) return
    this.#away = false
    this.#server.correct(this.#owedChanges.drain())
    this.#server.release(this.#owedReleases)
    this.#owedReleases = []
    this.#log.info({ instances: this.#instances }, 'the server of shared limits is back; limits are shared again')
  }

  #again(afterMs: number): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.#beat(), afterMs)
    this.#timer.unref()
  }

  /** Says that this instance is alive and what it holds. */
  async #beat(): Promise<void> {
    const answer = this.#server.beat()
    const instances = await within(answer, this.#beatMs)
    if (this.#closed) return
    if (instances === null) this.#leave()
    else {
      this.#instances = instances
      this.#return()
      this.#server.hold([...this.#held.values()].flat())
    }
    this.#again(this.#away ? this.#probeMs : this.#beatMs)
  }
}
