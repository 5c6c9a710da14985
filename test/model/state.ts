import type { Billionths } from '../../src/canonical/amounts.ts'
import type {
  BudgetWindow,
  Settlement,
  SliceGrant,
  SliceRequest,
  SliceReturn,
  UsageRow,
} from '../../src/storage/contracts/ledger-store.ts'
import type { InstanceState, LedgerState, WindowState } from '../../src/storage/protocol/ledger-state.ts'
import type { InstanceSide } from './instance-side.ts'
import type { LedgerSteps } from './ledger-steps.ts'
import type { SmallWorld } from './small-world.ts'

/** What does not change while a world is walked through. */
export interface Rules {
  readonly world: SmallWorld
  readonly windows: readonly BudgetWindow[]
  readonly steps: LedgerSteps
  readonly side: InstanceSide
  /** Settlements that were made once, by what they say. */
  readonly settlements: Map<string, Settlement>
}

/** The ledger of the model: the state that its steps work on, with maps that can be copied. */
export interface ModelLedger extends LedgerState {
  readonly windows: ReadonlyMap<string, WindowState>
  readonly instances: ReadonlyMap<string, InstanceState>
  readonly usage: ReadonlyMap<string, UsageRow>
  /** By id: what they take from what was posted, and from which budget. */
  readonly adjustments: ReadonlyMap<string, { readonly budget: string | null; readonly amount: Billionths }>
}

/** A slice as its instance knows it. */
export interface Account {
  readonly lent: Billionths
  readonly held: Billionths
}

/** A call that waits for money. */
export interface Waiting {
  readonly call: number
  readonly needs: readonly Billionths[]
  /** It runs and needs more. */
  readonly larger: boolean
  /** It was told that it is short, and that others are asked to give back. */
  readonly hopes: boolean
}

/** A gateway process. */
export interface Instance {
  readonly alive: boolean
  /** Under which it owns slices; a new one each time it was taken for dead. */
  readonly id: string
  /** Whether it is sure of its lease. */
  readonly trusted: boolean
  readonly accounts: readonly Account[]
  readonly waiting: readonly Waiting[]
  /** Somebody was short of what it has a moment ago: what comes free goes back at once. */
  readonly pressed: boolean
  /** An answer was lost: the ledger may have lent more than it knows of. */
  readonly doubts: boolean
}

/** Where a call stands. `told`: its caller saw the end. `unavailable`: the ledger could not be asked. `cut off`: its process died. */
export type Stage = 'new' | 'waiting' | 'held' | 'sent' | 'settling' | 'told' | 'refused' | 'unavailable' | 'cut off'

/** A call as it stands. */
export interface CallState {
  readonly instance: 0 | 1
  readonly stage: Stage
  /** Of each window. */
  readonly held: readonly Billionths[]
  /** Whether it got the more that it asked for; null when it did not ask. */
  readonly grew: boolean | null
  /** The id under which it holds. */
  readonly heldBy: string
  readonly wasSent: boolean
  /** What it may cost beyond limits is allowed for. */
  readonly excused: boolean
}

/** What is asked of the ledger. */
export type Ask =
  | { readonly do: 'lend'; readonly calls: readonly number[]; readonly requests: readonly (SliceRequest | null)[] }
  | { readonly do: 'return'; readonly amounts: readonly Billionths[] }
  | { readonly do: 'answer'; readonly returns: readonly SliceReturn[] }
  | { readonly do: 'keep'; readonly amounts: readonly Billionths[] }
  | { readonly do: 'settle'; readonly call: number; readonly settlement: Settlement }

/** A question on its way to the ledger, or its answer on the way back. */
export interface Message {
  readonly from: 0 | 1
  /** Under which id it was asked. */
  readonly id: string
  readonly ask: Ask
  /** Null while the ledger has not worked on it. */
  readonly answer: 'done' | 'buried' | readonly SliceGrant[] | null
  /** Whether the asker still waits. */
  readonly awaited: boolean
  /** Of a loan: calls for which there was enough somewhere when the ledger worked on it. They must not be refused. */
  readonly payable: readonly number[]
}

/** A dispatch file. It outlives its process. */
export interface DispatchLines {
  readonly lines: ReadonlyMap<number, Settlement>
  /** Somebody has read it and booked what is in it. */
  readonly booked: boolean
  /** What is written from now on is lost. */
  readonly deleted: boolean
}

/** Everything there is. */
export interface State {
  readonly ledger: ModelLedger
  readonly instances: readonly [Instance, Instance]
  readonly calls: readonly CallState[]
  readonly messages: readonly Message[]
  /** By instance id. */
  readonly files: ReadonlyMap<string, DispatchLines>
  /** How many things may still go wrong. */
  readonly faults: number
  readonly credits: number
  /** By window: how far it may be beyond its limit. Calls may have cost more than they held, or had to be booked at their bound. */
  readonly excuses: readonly Billionths[]
  /** What is wrong; the search ends here. */
  readonly wrong: string | null
}

/** Something that can happen, and what comes of it. */
export type Happening = readonly [what: string, next: State]

/** The state with one of its instances changed. */
export function withInstance(state: State, index: 0 | 1, changes: Partial<Instance>): State {
  const changed = { ...state.instances[index], ...changes }
  const [first, second] = state.instances
  return { ...state, instances: index === 0 ? [changed, second] : [first, changed] }
}

/** The state with one of its calls changed. */
export function withCall(state: State, index: number, changes: Partial<CallState>): State {
  return { ...state, calls: state.calls.map((call, at) => (at === index ? { ...call, ...changes } : call)) }
}

/** The state with a message changed, or taken away. */
export function withMessage(state: State, message: Message, changes: Partial<Message> | null): State {
  const messages = state.messages.flatMap((one) => {
    if (one !== message) return [one]
    return changes ? [{ ...one, ...changes }] : []
  })
  return { ...state, messages }
}

/** The state with something asked of the ledger. */
export function withAsk(state: State, from: 0 | 1, ask: Ask): State {
  const message: Message = { from, id: state.instances[from].id, ask, answer: null, awaited: true, payable: [] }
  return { ...state, messages: [...state.messages, message] }
}

/** Whether an instance waits for an answer of some kind. */
export function awaits(state: State, from: 0 | 1, ...kinds: readonly Ask['do'][]): boolean {
  return state.messages.some((one) => one.from === from && one.awaited && kinds.includes(one.ask.do))
}

/** Whether something is on its way by which an instance's slices become smaller. */
export function isGiving(state: State, from: 0 | 1): boolean {
  return awaits(state, from, 'return', 'answer', 'keep')
}
