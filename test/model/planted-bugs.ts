import type { Posting, Settlement } from '../../src/storage/contracts/ledger-store.ts'
import type { LedgerState, WindowState } from '../../src/storage/protocol/ledger-state.ts'
import { LEDGER_STEPS, type LedgerSteps } from './ledger-steps.ts'
import type { SmallWorld } from './small-world.ts'
import { CREDITED, SHORT } from './worlds.ts'

/*
 * Mistakes that somebody could make in the ledger's steps, each planted by itself. A model that would not notice one of them would be no evidence.
 */

/** A mistake, and the world in which it must show. */
export interface PlantedBug {
  readonly name: string
  readonly world: SmallWorld
  readonly steps: LedgerSteps
}

const { lend, giveBack, answerRecall, settle, bury, adjust } = LEDGER_STEPS

function bug(name: string, steps: Partial<LedgerSteps>, world: SmallWorld = SHORT): PlantedBug {
  return { name, world, steps: { ...LEDGER_STEPS, ...steps } }
}

/** The ledger, with windows that look different. */
function seeing<State extends Pick<LedgerState, 'windows'>>(
  state: State,
  change: (window: WindowState) => WindowState,
): State {
  return { ...state, windows: new Map([...state.windows].map(([name, window]) => [name, change(window)])) }
}

function paying(settlements: readonly Settlement[], change: (postings: readonly Posting[]) => readonly Posting[]) {
  return settlements.map((settlement) => ({ ...settlement, postings: change(settlement.postings) }))
}

const NOTHING: ReadonlyMap<string, WindowState> = new Map()

const otherThan = (id: string): string => (id === 'A' ? 'B' : 'A')

/** All planted bugs of the ledger. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  bug('lending does not look at the limit', {
    lend: (state, id, asks, now) =>
      lend(
        state,
        id,
        asks.map((ask) => ({ ...ask, window: { ...ask.window, limit: ask.window.limit * 100n } })),
        now,
      ),
  }),
  bug('lending lets one too many through', {
    lend: (state, id, asks, now) =>
      lend(
        state,
        id,
        asks.map((ask) => ({ ...ask, window: { ...ask.window, limit: ask.window.limit + 1n } })),
        now,
      ),
  }),
  bug('lending forgets what was spent', {
    lend: (state, id, asks, now) =>
      lend(
        seeing(state, (window) => ({ ...window, posted: 0n })),
        id,
        asks,
        now,
      ),
  }),
  bug('lending forgets what others were lent', {
    lend: (state, id, asks, now) => {
      const own = (window: WindowState) => [...window.slices].filter(([owner]) => owner === id)
      return lend(
        seeing(state, (window) => ({ ...window, slices: new Map(own(window)) })),
        id,
        asks,
        now,
      )
    },
  }),
  bug('lending does not write down what it lends', {
    lend: (...ask) => ({ changes: {}, answer: lend(...ask).answer }),
  }),
  bug('lending says that it lent one more than it wrote down', {
    lend: (...ask) => {
      const { changes, answer } = lend(...ask)
      return {
        changes,
        answer: answer.map((grant) => (grant.granted > 0n ? { ...grant, granted: grant.granted + 1n } : grant)),
      }
    },
  }),
  bug('of several budgets, lending looks at the first only', {
    lend: (state, id, asks, now) =>
      lend(
        state,
        id,
        asks.map((ask, index) => (index === 0 ? ask : { ...ask, window: { ...ask.window, limit: 10n ** 15n } })),
        now,
      ),
  }),
  bug('lending goes on for who was buried', {
    lend: (state, id, asks, now) =>
      lend({ ...state, instances: new Map(state.instances).set(id, { seenAt: now, buried: false }) }, id, asks, now),
  }),
  bug(
    'lending never calls idle money back',
    {
      lend: (...ask) => {
        const { changes, answer } = lend(...ask)
        return { changes, answer: answer.map((grant) => ({ ...grant, recalled: false })) }
      },
    },
    CREDITED,
  ),
  bug(
    'what comes back is taken twice',
    {
      giveBack: (state, id, window, amount) => {
        const once = giveBack(state, id, window, amount)
        return giveBack(
          { ...state, windows: new Map([...state.windows, ...(once.changes.windows ?? NOTHING)]) },
          id,
          window,
          amount,
        )
      },
    },
    CREDITED,
  ),
  bug('what comes back is lost', { giveBack: () => ({ changes: {}, answer: undefined }) }),
  bug('what a recall brings back is lost', { answerRecall: () => ({ changes: {}, answer: undefined }) }, CREDITED),
  bug(
    'a recall takes more than was given',
    {
      answerRecall: (state, id, returns, now) =>
        answerRecall(
          state,
          id,
          returns.map((one) => ({ ...one, amount: one.amount + 2n })),
          now,
        ),
    },
    CREDITED,
  ),
  bug('what comes back is taken from another instance', {
    giveBack: (state, id, window, amount) => giveBack(state, otherThan(id), window, amount),
  }),
  bug('a settlement posts nothing', {
    settle: (state, id, all, now) =>
      settle(
        state,
        id,
        paying(all, () => []),
        now,
      ),
  }),
  bug('a settlement posts twice', {
    settle: (state, id, all, now) =>
      settle(
        state,
        id,
        paying(all, (postings) => [...postings, ...postings]),
        now,
      ),
  }),
  bug('a settlement posts in one budget only', {
    settle: (state, id, all, now) =>
      settle(
        state,
        id,
        paying(all, (postings) => postings.slice(0, 1)),
        now,
      ),
  }),
  bug('a settlement that was written already is written again', {
    settle: (state, id, all, now) => settle({ ...state, usage: new Map() }, id, all, now),
  }),
  bug('a settlement is not taken from the slice', {
    settle: (state, id, all, now) => settle(state, `${id}?`, all, now),
  }),
  bug('a settlement posts one too little', {
    settle: (state, id, all, now) =>
      settle(
        state,
        id,
        paying(all, (postings) => postings.map((one) => ({ ...one, spent: one.spent - 1n }))),
        now,
      ),
  }),
  bug('a settlement of what was presumed is ignored', {
    settle: (state, id, all, now) =>
      settle(
        state,
        id,
        all.filter(({ usage }) => !usage.some((row) => state.usage.has(row.id))),
        now,
      ),
  }),
  bug('a correction has the wrong sign', {
    settle: (...ask) => {
      const { changes, answer } = settle(...ask)
      const adjustments = changes.adjustments ?? []
      if (adjustments.length === 0) return { changes, answer }
      const windows = new Map(
        [...(changes.windows ?? NOTHING)].map(([name, window]) => {
          const before = ask[0].windows.get(name)?.posted ?? 0n
          return [name, { ...window, posted: before - (window.posted - before) }] as const
        }),
      )
      return { changes: { ...changes, windows }, answer }
    },
  }),
  bug('a burial keeps the slices', {
    bury: (...ask) => {
      const { changes, answer } = bury(...ask)
      const { rows = [], adjustments = [], instances = new Map() } = changes
      return { changes: { rows, adjustments, instances }, answer }
    },
  }),
  bug('a burial can be done twice', {
    bury: (state, id, all, now) => {
      const { changes } = bury({ ...state, usage: new Map() }, id, all, now)
      const again = settle({ ...state, usage: new Map() }, id, all, now)
      const windows = new Map(
        [...(changes.windows ?? NOTHING)].map(([name, window]) => {
          const extra = (again.changes.windows?.get(name)?.posted ?? 0n) - (state.windows.get(name)?.posted ?? 0n)
          return [name, { ...window, posted: window.posted + extra }] as const
        }),
      )
      return { changes: { ...changes, windows }, answer: true }
    },
  }),
  bug(
    'a credit can be given twice',
    {
      adjust: (state, credit, now) => {
        const once = adjust(state, credit, now)
        return adjust(
          { ...state, windows: new Map([...state.windows, ...(once.changes.windows ?? NOTHING)]) },
          credit,
          now,
        )
      },
    },
    CREDITED,
  ),
  bug(
    'a credit takes',
    {
      adjust: (state, credit, now) => adjust(state, { ...credit, amount: -credit.amount }, now),
    },
    CREDITED,
  ),
]
