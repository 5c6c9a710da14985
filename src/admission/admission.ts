/*
 * Lets calls in by rate and by number: takes every limit that a call is in at once, or says which one is in the way.
 *
 * Requests count 1; tokens count as expected and are put right when the call has ended; a place is held until then. What a call counted comes back whole when it is
 * refused further on. Where the counts are in memory all of this is done on the spot.
 *
 * A call without a place is refused, with one exception: where tenants share the places of a limit, one that has fewer than its share waits a
 * moment for the next that comes free, and gets it before those who have more. So nobody is locked out by a neighbour who asks fifty times as often.
 */

import { callerLeft } from '../errors/caller-left.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import type { LeaveSignal } from '../lib/leave-signal.ts'
import type { LimitStore, LimitUse, LimitVerdict } from '../storage/contracts/limit-store.ts'
import { LimitRefusal, type LimitShortage } from './limit-refusal.ts'
import { countedFor, type LimitRule } from './limit-rule.ts'
import { tightest } from './rate-view.ts'
import { type Counts, LimitTicket, OPEN, type Plan, type RuledCall, type Ticket } from './ticket.ts'
import { Turns } from './turns.ts'

/** What admission works with. */
export interface AdmissionOptions {
  readonly store: LimitStore
  readonly clock: Clock
  /** Names this instance in what it holds; no two have the same. */
  readonly instance: string
}

/** What a call is let in with. */
export interface EnterAsk extends RuledCall {
  /** What the call is expected to use: the whole prompt and the answer. */
  readonly tokens: number
  /** Aborted when the caller leaves. */
  readonly signal: LeaveSignal
  /** How long the call may wait until it fits. Default 0: only for a place that it is owed, and no longer than a second. */
  readonly queueMs?: number
}

/** How one limit stands to a call that only looks. */
export interface LimitStance {
  readonly rule: LimitRule
  /** Whose count it is, as `holderOf` reads it. */
  readonly value: string
  /** Requests or tokens that the call is expected to need; 1 for concurrency. */
  readonly needed: number
  readonly use: LimitUse
  readonly hasRoom: boolean
}

/** What would become of a call at its limits. */
export interface LimitsLook {
  readonly limits: readonly LimitStance[]
  /** What the call would be told; null when there is room. */
  readonly refusal: LimitRefusal | null
}

/** The gate that calls pass. It lives as long as the process; rules come with each call. */
export interface Admission {
  /** Takes all limits of a call. Throws, or rejects with, LimitRefusal; or GatewayError `client_closed` when the caller leaves while the call waits. */
  enter(ask: EnterAsk): Ticket | Promise<Ticket>
  /** What `enter` would do now, without a wait. Nothing is counted or taken. */
  look(ask: EnterAsk): Promise<LimitsLook>
}

/** How long a call waits for a place that it is owed. */
const OWED_WAIT_MS = 1_000
/** Places that other instances give back are seen after so long. */
const LOOK_AGAIN_MS = 50
/** Long enough for a process that is busy to ask again; one that died keeps a place free for no longer than this. */
const WANT_MS = 1_000

/** Opens the gate. */
export function createAdmission({ store, clock, instance }: AdmissionOptions): Admission {
  const turns = new Turns()
  const counts: Counts = { store, turns }
  let leases = 0

  function planOf(ask: EnterAsk): Plan | null {
    const rates: Plan['rates'][number][] = []
    const slots: Plan['slots'][number][] = []
    let lease = ''
    for (const limit of ask.rules) {
      const value = countedFor(limit, ask)
      if (value === null) continue
      if (limit.rate) {
        const amount = limit.policy.unit === 'tokens' ? Math.max(1, ask.tokens) : 1
        rates.push({ limit, rule: limit.rate, value, amount })
      } else if (limit.slots) {
        if (lease === '') lease = `${instance}.${leases++}`
        slots.push({ limit, rule: limit.slots, value, holder: limit.ofTenant ? '' : ask.context.tenantId, lease })
      }
    }
    if (rates.length === 0 && slots.length === 0) return null
    return { rates, slots, patience: (ask.queueMs ?? 0) > 0 ? 'any' : 'share', wantMs: WANT_MS }
  }

  function ticketOf(ask: EnterAsk, plan: Plan, verdict: LimitVerdict): Ticket {
    return new LimitTicket(counts, ask, plan, tightest(plan.rates, verdict.rates))
  }

  async function wait(ask: EnterAsk, plan: Plan, first: LimitVerdict, untilMs: number): Promise<Ticket> {
    let verdict = first
    for (;;) {
      const leftMs = untilMs - clock.monotonic()
      const pauseMs = verdict.wanting ? LOOK_AGAIN_MS : longestWait(verdict)
      if (leftMs <= 0 || (!verdict.wanting && pauseMs > leftMs)) break
      await turns.next(verdict.wanting ? plan.slots : [], ask.signal, Math.min(pauseMs, leftMs))
      if (ask.signal.aborted) break
      verdict = await store.take(plan)
      if (verdict.admitted) return ticketOf(ask, plan, verdict)
      if (!mayWait(verdict, ask)) break
    }
    store.release(plan.slots)
    turns.free(plan.slots)
    if (ask.signal.aborted) throw callerLeft(ask.signal)
    throw refusalOf(plan, verdict)
  }

  function decide(ask: EnterAsk, plan: Plan, verdict: LimitVerdict): Ticket | Promise<Ticket> {
    if (verdict.admitted) return ticketOf(ask, plan, verdict)
    if (!mayWait(verdict, ask)) throw refusalOf(plan, verdict)
    return wait(ask, plan, verdict, clock.monotonic() + (ask.queueMs || OWED_WAIT_MS))
  }

  return {
    enter(ask) {
      const plan = ask.rules.length === 0 ? null : planOf(ask)
      if (!plan) return OPEN
      const verdict = store.take(plan)
      return verdict instanceof Promise ? verdict.then((taken) => decide(ask, plan, taken)) : decide(ask, plan, verdict)
    },
    async look(ask) {
      const plan = planOf(ask)
      if (!plan) return { limits: [], refusal: null }
      const uses = await store.peek([...plan.rates, ...plan.slots])
      const limits = stancesOf(plan, uses)
      return { limits, refusal: limits.every(({ hasRoom }) => hasRoom) ? null : refusalOf(plan, verdictOf(limits)) }
    },
  }
}

function stancesOf({ rates, slots }: Plan, uses: readonly LimitUse[]): readonly LimitStance[] {
  return [...rates, ...slots].map((take, index) => {
    const { limit: rule, value } = take
    const needed = 'amount' in take ? take.amount : 1
    const use = uses[index] ?? { used: 0, left: rule.policy.amount, resetMs: null }
    // More than the whole limit fits when nothing is counted.
    const hasRoom = rule.policy.amount > 0 && use.left >= Math.min(needed, rule.policy.amount)
    return { rule, value, needed, use, hasRoom }
  })
}

/** What was found, as if the call had been refused for it. */
function verdictOf(limits: readonly LimitStance[]): LimitVerdict {
  const rates = limits.flatMap(({ rule: { rate }, needed, use, hasRoom }) => {
    if (!rate) return []
    const resetMs = use.resetMs ?? 0
    const fullMs = rate.limit === 0 ? 0 : ((rate.limit - Math.min(needed, rate.limit)) * rate.windowMs) / rate.limit
    const waitMs = rate.limit === 0 ? rate.windowMs : Math.max(1, Math.ceil(resetMs - fullMs))
    return [{ remaining: use.left, resetMs, waitMs: hasRoom ? 0 : waitMs }]
  })
  const slots = limits.flatMap(({ rule, use, hasRoom }) => (rule.slots ? [{ held: use.used, refused: !hasRoom }] : []))
  return { admitted: false, rates, slots, wanting: false }
}

/** A call that is told to queue waits for rates too; for places it does unless too many do already. */
function mayWait({ wanting, rates }: LimitVerdict, { queueMs = 0 }: EnterAsk): boolean {
  return wanting || (queueMs > 0 && rates.some(({ waitMs }) => waitMs > 0))
}

function longestWait({ rates }: LimitVerdict): number {
  return rates.reduce((longest, { waitMs }) => Math.max(longest, waitMs), LOOK_AGAIN_MS)
}

/** The refusal by the limit that takes longest. A rate's time is known; a place comes when it comes. */
function refusalOf({ rates, slots }: Plan, verdict: LimitVerdict): LimitRefusal {
  let worst: LimitShortage | null = null
  for (const [index, { remaining: left, waitMs }] of verdict.rates.entries()) {
    const take = rates[index]
    if (!take || waitMs <= (worst?.waitMs ?? 0)) continue
    worst = { rule: take.limit, value: take.value, left, needed: take.amount, waitMs }
  }
  for (const [index, { held, refused }] of verdict.slots.entries()) {
    const slot = slots[index]
    if (worst || !slot || !refused) continue
    worst = { rule: slot.limit, value: slot.value, left: held, needed: 1, waitMs: null }
  }
  if (!worst) throw new GatewayError('internal', 'A limit store refused a call for no limit.')
  return new LimitRefusal(worst, tightest(rates, verdict.rates))
}
