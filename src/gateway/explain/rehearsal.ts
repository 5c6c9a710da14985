/*
 * An engine on which the stages of a call run as on any other, and nothing comes of it: limits and budgets are looked at and not taken, nobody waits, nothing is
 * counted. What the stages then decide is what they would decide for a call that came now, because they are the same stages.
 */
import type { EnterAsk, LimitStance } from '../../admission/admission.ts'
import { LimitRefusal } from '../../admission/limit-refusal.ts'
import { OPEN, type Ticket } from '../../admission/ticket.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import { BudgetRefusal } from '../../money/refusal.ts'
import type { BudgetLook, Reservation, ReserveAsk } from '../../money/reservation.ts'
import type { SupposedSignals } from '../../policy/replay/supposed.ts'
import type { LineAsk } from '../at-limit.ts'
import type { Engine } from '../engine.ts'

/** That a call would wait, and for what. */
export interface Wait {
  /** The limit's or the budget's name. */
  readonly for: string
  readonly mostMs: number
  /** When there will be room if nobody else comes; null where that depends on when others end. */
  readonly roomInMs: number | null
}

/** What a rehearsal came by. */
export class Findings {
  /** By whose count it is; the first look counts. */
  readonly limits = new Map<string, LimitStance>()
  readonly budgets = new Map<string, BudgetLook>()
  wait: Wait | null = null
  /** Whether the call waited for money: then it is supposed to have come. */
  moneyCame = false

  /** Looks at the limits of a call. */
  async lookAtLimits(engine: Engine, ask: EnterAsk): Promise<LimitRefusal | null> {
    const { limits, refusal } = await engine.admission.look(ask)
    for (const stance of limits) {
      const name = `${stance.rule.id}\n${stance.value}`
      if (!this.limits.has(name)) this.limits.set(name, stance)
    }
    return refusal
  }

  /** Looks at the budgets of a call. Rejects with GatewayError `ledger_unavailable`. */
  async lookAtBudgets(engine: Engine, ask: ReserveAsk): Promise<GatewayError | null> {
    const { budgets, refusal } = await engine.money.look(ask, { budgets: engine.budgets, stateOf: engine.budgetNow })
    for (const look of budgets) if (!this.budgets.has(look.window.key)) this.budgets.set(look.window.key, look)
    return refusal
  }
}

/** The engine to rehearse on; what is supposed of budgets is what rules are told. */
export function rehearsal(engine: Engine, findings: Findings, { budgetUsed }: SupposedSignals = {}): Engine {
  const { runaway, lines } = engine
  return {
    ...engine,
    rehearses: true,
    runaway: runaway && ((call) => runaway(call, false)),
    running: { begin: nothing, serving: nothing, servingBeside: nothing, end: nothing },
    metrics: { closed: nothing, ended: nothing, judged: nothing, rejected: nothing, upstreamFailed: nothing },
    onlooker: nothing,
    admission: {
      ...engine.admission,
      async enter(ask): Promise<Ticket> {
        const refusal = await findings.lookAtLimits(engine, ask)
        const waitsLongEnough = refusal && ask.queueMs ? (refusal.whenFreeMs ?? 0) <= ask.queueMs : false
        if (refusal && !waitsLongEnough) throw refusal
        return OPEN
      },
    },
    lines: {
      get size() {
        return lines.size
      },
      refusalOf: (line) => lines.refusalOf(line),
      fullFor: (waiting) => lines.fullFor(waiting),
      async wait(waiting) {
        const full = lines.fullFor(waiting)
        if (full) throw full
        const { refusal, mostMs } = waiting
        if (mostMs <= 0) throw refusal
        findings.wait = waitFor(refusal, mostMs)
        findings.moneyCame = refusal instanceof BudgetRefusal
        return waiting.enter(mostMs).catch((error: unknown) => {
          // Room comes later than it would wait: it does not wait at all.
          findings.wait = null
          throw error
        })
      },
    },
    money: {
      ...engine.money,
      ...(budgetUsed === undefined ? {} : { budgetUsed: () => budgetUsed }),
      reserveNow: () => null,
      async reserve(ask) {
        const refusal = await findings.lookAtBudgets(engine, ask)
        if (refusal && !findings.moneyCame) throw refusal
        return nothingHeld(ask)
      },
      record: async () => undefined,
      close: async () => undefined,
    },
  }
}

function waitFor(refusal: LineAsk<unknown>['refusal'], mostMs: number): Wait {
  if (refusal instanceof LimitRefusal) return { for: refusal.rule.id, mostMs, roomInMs: refusal.whenFreeMs }
  return { for: refusal instanceof BudgetRefusal ? refusal.window.key : '', mostMs, roomInMs: null }
}

function nothingHeld({ worstCase }: ReserveAsk): Reservation {
  return {
    held: worstCase,
    dispatch: nothing,
    topUp: () => true,
    cover: () => true,
    settle: async () => undefined,
  }
}

function nothing(): void {}
