import type { Billionths } from '../../src/canonical/amounts.ts'
import { toldOf } from '../../src/money/loan.ts'
import { Slice } from '../../src/money/slice.ts'
import type { BudgetWindow, SliceGrant } from '../../src/storage/contracts/ledger-store.ts'
import { TOKEN } from './small-world.ts'
import {
  type Account,
  type Ask,
  awaits,
  type Instance,
  isGiving,
  type Rules,
  type State,
  type Waiting,
  withAsk,
  withCall,
  withInstance,
} from './state.ts'

/*
 * What an instance does with its slices. The slices and holds are those of production, put up from the model's state for one step and read back after it.
 */

/** A slice that borrows as much in advance as the world says. */
class SmallSlice extends Slice {
  readonly #cushion: Billionths

  constructor(window: BudgetWindow, cushion: Billionths) {
    super(window)
    this.#cushion = cushion
  }

  override cushion(): Billionths {
    return this.#cushion
  }
}

/** The instance's slices, for one step. */
export function slicesOf(
  { windows, world }: Rules,
  { accounts, waiting, pressed }: Pick<Instance, 'accounts' | 'waiting' | 'pressed'>,
): Slice[] {
  return windows.map((window, index) => {
    const slice = new SmallSlice(window, pressed ? 0n : world.cushion * (window.unit === 'tokens' ? TOKEN : 1n))
    slice.lent = accounts[index]?.lent ?? 0n
    slice.held = accounts[index]?.held ?? 0n
    // Who runs and waits for more goes before those who want to begin.
    for (const { larger, needs } of waiting) if (larger && !slice.fits(needs[index] ?? 0n)) slice.waiting.push(0)
    return slice
  })
}

/** What the slices are after a step. */
export function accountsOf(slices: readonly Slice[]): readonly Account[] {
  return slices.map(({ lent, held }) => ({ lent, held }))
}

/** Calls come in one turn of the event loop. Each holds, or waits; those who wait are asked for together. */
export function arrive(
  rules: Rules,
  state: State,
  coming: readonly Omit<Waiting, 'larger' | 'hopes'>[],
  from: 0 | 1,
): State {
  const { alive, trusted } = state.instances[from]
  let next = state
  for (const { call, needs } of coming) {
    if (!alive) next = withCall(next, call, { stage: 'cut off' })
    else if (!trusted) next = withCall(next, call, { stage: 'unavailable' })
    else next = enqueue(rules, next, from, { call, needs, larger: false, hopes: false })
  }
  return ask(rules, next, from)
}

/** A call that runs wants more: served at once when there is enough, before all who want to begin. */
export function grow(rules: Rules, state: State, from: 0 | 1, call: number, needs: readonly Billionths[]): State {
  return ask(rules, enqueue(rules, state, from, { call, needs, larger: true, hopes: false }), from)
}

function enqueue(rules: Rules, state: State, from: 0 | 1, one: Waiting): State {
  const { waiting } = state.instances[from]
  const behind = waiting.findIndex(({ larger }) => one.larger && !larger)
  const queue = behind < 0 ? [...waiting, one] : [...waiting.slice(0, behind), one, ...waiting.slice(behind)]
  return serve(rules, withCall(withInstance(state, from, { waiting: queue }), one.call, { stage: 'waiting' }), from)
}

/** Serves in order everybody for whom there is enough. */
export function serve(rules: Rules, state: State, from: 0 | 1): State {
  let next = state
  for (const one of state.instances[from].waiting) {
    const instance = next.instances[from]
    const others = instance.waiting.filter((other) => other !== one)
    const slices = slicesOf(rules, one.larger ? { ...instance, waiting: [] } : { ...instance, waiting: others })
    if (!rules.side.fits(slices, one.needs)) continue
    const known = next.calls[one.call]?.held ?? []
    rules.side.take(slices, one.needs)
    next = withInstance(next, from, { accounts: accountsOf(slices), waiting: others })
    const held = one.needs.map((need, index) => need + (known[index] ?? 0n))
    next = withCall(
      next,
      one.call,
      one.larger ? { stage: 'sent', grew: true, held } : { stage: 'held', held, heldBy: instance.id },
    )
  }
  return next
}

/** Asks the store for those who wait and have not been told yet that they are short. */
export function ask(rules: Rules, state: State, from: 0 | 1): State {
  const instance = state.instances[from]
  const asking = instance.waiting.filter(({ hopes }) => !hopes)
  if (asking.length === 0 || !instance.alive || awaits(state, from, 'lend') || isGiving(state, from)) return state
  const slices = slicesOf(rules, { ...instance, waiting: [] })
  const requests = rules.side.loanFor(slices, asking, 0)
  return withAsk(state, from, { do: 'lend', calls: asking.map(({ call }) => call), requests })
}

/** The store has lent, or not. */
export function lent(
  rules: Rules,
  state: State,
  from: 0 | 1,
  { requests, calls }: Extract<Ask, { do: 'lend' }>,
  grants: readonly SliceGrant[],
  payable: readonly number[],
): State {
  const told = toldOf(requests, grants)
  const lending = slicesOf(rules, { ...state.instances[from], waiting: [] })
  for (const [index, slice] of lending.entries()) {
    const grant = told[index]?.grant
    if (grant) slice.told(grant.granted, grant.left)
  }
  const pressed = state.instances[from].pressed || told.some((one) => one?.grant.recalled === true)
  let next = serve(rules, withInstance(state, from, { accounts: accountsOf(lending), pressed }), from)
  for (const one of next.instances[from].waiting) {
    if (!calls.includes(one.call)) continue
    const slices = slicesOf(rules, { ...next.instances[from], waiting: [] })
    const holds = one.larger ? (next.calls[one.call]?.held ?? []) : null
    const short = rules.side.shortOf(slices, { needs: one.needs, holds }, told)
    // Who was not told for sure asks again at once.
    if (!short || (short.hope && !short.sure)) continue
    if (short.hope) next = withHope(next, from, one)
    else next = refuse(next, from, one, payable.includes(one.call) && isPayable(rules, next, from, one.call))
  }
  return goOn(rules, next, from)
}

function withHope(state: State, from: 0 | 1, one: Waiting): State {
  const waiting = state.instances[from].waiting.map((other) => (other === one ? { ...one, hopes: true } : other))
  return withInstance(state, from, { waiting })
}

/** There is not enough, and no hope: a new call is refused, one that runs goes on with what it has. */
export function refuse(state: State, from: 0 | 1, one: Waiting, payable: boolean): State {
  const waiting = state.instances[from].waiting.filter((other) => other !== one)
  const next = withInstance(state, from, { waiting })
  const ended = withCall(next, one.call, one.larger ? { stage: 'sent', grew: false } : { stage: 'refused' })
  return payable ? { ...ended, wrong: `c${one.call} is refused while money lies idle` } : ended
}

/** Whether the budgets had what the call needs: with the ledger, or free in the hands of an instance that lives. */
export function isPayable(rules: Rules, state: State, from: 0 | 1, call: number): boolean {
  // While somebody is silent or a message is lost, nobody can know that money is idle.
  if (state.faults < rules.world.faults) return false
  const needs = state.instances[from].waiting.find((one) => one.call === call)?.needs
  if (!needs) return false
  return rules.windows.every((window, index) => {
    const known = state.ledger.windows.get(JSON.stringify([window.key, window.windowId]))
    const sliced = [...(known?.slices.values() ?? [])].reduce((sum, { amount }) => sum + amount, 0n)
    let spare = window.limit - (known?.posted ?? 0n) - sliced
    for (const [owner, { alive, trusted, accounts, waiting }] of state.instances.entries()) {
      // Who is giving back already gives back at once what has come free meanwhile, unless calls of its own wait for it.
      const busy = waiting.some((one) => one.call !== call) || isGiving(state, owner === 0 ? 0 : 1)
      const idle = alive && trusted ? freeOf(accounts[index]) : 0n
      // What calls hold that is backed by nothing is covered before anything new.
      if (idle < 0n || !busy) spare += idle
    }
    return spare >= (needs[index] ?? 0n)
  })
}

/** A hold comes to its end: so much of it was spent, for good. */
export function free(
  rules: Rules,
  state: State,
  from: 0 | 1,
  held: readonly Billionths[],
  spent: readonly Billionths[],
): State {
  const slices = slicesOf(rules, { ...state.instances[from], waiting: [] })
  rules.side.posted(slices, held, spent)
  const next = serve(rules, withInstance(state, from, { accounts: accountsOf(slices) }), from)
  return goOn(rules, next, from)
}

/** After something changed: who waits is asked for; if nobody does, what others are short of goes back. */
export function goOn(rules: Rules, state: State, from: 0 | 1): State {
  return giveBackAtOnce(ask(rules, state, from), from)
}

/** While others are short, what is free goes back at once. */
function giveBackAtOnce(state: State, from: 0 | 1): State {
  const { pressed, waiting, alive, accounts } = state.instances[from]
  if (!pressed || !alive || waiting.length > 0 || isGiving(state, from)) return state
  return accounts.some((account) => freeOf(account) > 0n) ? sweep(state, from) : state
}

/** Answers a recall: gives back everything free of these windows. */
export function answerRecall(
  rules: Rules,
  state: State,
  from: 0 | 1,
  names: readonly { readonly key: string }[],
): State {
  const accounts = state.instances[from].accounts.map((account, index) =>
    names.some(({ key }) => key === rules.windows[index]?.key) ? withoutFree(account) : account,
  )
  const returns = names.flatMap(({ key }) => {
    const index = rules.windows.findIndex((window) => window.key === key)
    const window = rules.windows[index]
    const amount = freeOf(state.instances[from].accounts[index])
    return window ? [{ window, amount: amount > 0n ? amount : 0n }] : []
  })
  return withAsk(withInstance(state, from, { accounts, pressed: true }), from, { do: 'answer', returns })
}

/** Gives back everything free: nothing was needed for a while. */
export function sweep(state: State, from: 0 | 1): State {
  const { accounts } = state.instances[from]
  const amounts = accounts.map((account) => (freeOf(account) > 0n ? freeOf(account) : 0n))
  return withAsk(withInstance(state, from, { accounts: accounts.map(withoutFree) }), from, { do: 'return', amounts })
}

/** What an account has free; below zero after calls that cost more than they held. */
export function freeOf(account: Account | undefined): Billionths {
  return account ? account.lent - account.held : 0n
}

function withoutFree(account: Account): Account {
  const free = freeOf(account)
  return free > 0n ? { ...account, lent: account.lent - free } : account
}
