import type { Billionths } from '../../canonical/amounts.ts'
import { storableMoney } from '../columns/column.ts'
import type {
  BudgetWindow,
  SliceGrant,
  SliceHolding,
  SliceRequest,
  SliceReturn,
  WindowName,
} from '../contracts/ledger-store.ts'
import { assertLoan, divideGrants } from './divide-grants.ts'
import { livingInstance } from './instances.ts'
import {
  type LedgerState,
  type Outcome,
  type SliceState,
  slicedOf,
  takenFrom,
  type WindowState,
} from './ledger-state.ts'
import { ANSWER_HOLDS_MS } from './recall.ts'
import { windowName } from './window-name.ts'

/*
 * How budgets lend: posted + sliced + x <= limit, all requests of a loan or none. What others may have free of a window that is short is recalled.
 */

/** Lends to an instance; see `LedgerStore.growSlices`. Throws `notAlive`, and GatewayError `internal` for a loan that makes no sense. */
export function lend(
  state: LedgerState,
  instanceId: string,
  requests: readonly SliceRequest[],
  nowMs: number,
): Outcome<readonly SliceGrant[]> {
  assertLoan(requests)
  if (requests.length > 0) livingInstance(state, instanceId)
  const asked = requests.map(({ window }) => asNamed(windowOf(state, window), window))
  const { lent, grants } = divideGrants(requests, (_, index) => {
    const window = asked[index]
    return { posted: window?.posted ?? 0n, sliced: window ? slicedOf(window) : 0n }
  })
  const windows = new Map<string, WindowState>()
  const answer = requests.map(({ atLeast }, index): SliceGrant => {
    const grant = grants[index]
    const window = asked[index]
    if (!grant || !window) return { granted: 0n, left: 0n, recalled: false }
    const recalled = !lent && grant.left < atLeast && mayBeFree(window, instanceId, nowMs)
    windows.set(
      windowName(window),
      recalled ? { ...window, recalledAt: nowMs } : grown(window, instanceId, grant.granted),
    )
    return { ...grant, recalled }
  })
  return { changes: { windows }, answer }
}

/** Takes back an amount of an instance's slice, or all that it has. */
export function giveBack(
  state: LedgerState,
  instanceId: string,
  window: WindowName,
  amount: Billionths,
): Outcome<void> {
  const name = windowName(window)
  const known = state.windows.get(name)
  const windows = known ? [[name, takenFrom(known, instanceId, amount)] as const] : []
  return { changes: { windows: new Map(windows) }, answer: undefined }
}

/** Takes back what an instance's slices hold beyond what it believes to have. */
export function keep(state: LedgerState, instanceId: string, holdings: readonly SliceHolding[]): Outcome<void> {
  const windows = new Map<string, WindowState>()
  for (const { window, amount } of holdings) {
    const name = windowName(window)
    const known = windows.get(name) ?? state.windows.get(name)
    const had = known?.slices.get(instanceId)?.amount ?? 0n
    if (known && had > amount) windows.set(name, takenFrom(known, instanceId, had - amount))
  }
  return { changes: { windows }, answer: undefined }
}

/** Takes back what is free of recalled windows; the mark goes when everybody has answered. See `recall.ts`. */
export function answerRecall(
  state: LedgerState,
  instanceId: string,
  returns: readonly SliceReturn[],
  nowMs: number,
): Outcome<void> {
  const windows = new Map<string, WindowState>()
  for (const { window, amount } of returns) {
    const name = windowName(window)
    const known = windows.get(name) ?? state.windows.get(name)
    if (known) windows.set(name, unmarked(answered(takenFrom(known, instanceId, amount), instanceId, nowMs)))
  }
  return { changes: { windows }, answer: undefined }
}

/** Windows that are recalled and of which the instance has a slice that did not answer. */
export function recallsOf(state: LedgerState, instanceId: string): readonly WindowName[] {
  const names: WindowName[] = []
  for (const { key, windowId, slices, recalledAt } of state.windows.values()) {
    const slice = slices.get(instanceId)
    if (slice && recalledAt !== null && !hasAnswered(slice, recalledAt)) names.push({ key, windowId })
  }
  return names
}

/** The window as it stands; a new one when it does not exist. */
export function windowOf(state: Pick<LedgerState, 'windows'>, window: BudgetWindow): WindowState {
  const name = windowName(window)
  const known = state.windows.get(name)
  if (known) return known
  const [key = '', windowId = ''] = JSON.parse(name) as string[]
  const { unit, limit, endsAt } = window
  return {
    key,
    windowId,
    unit,
    limit: storableMoney(limit),
    endsAt,
    posted: 0n,
    slices: new Map(),
    recalledAt: null,
  }
}

/** A changed config counts at once. */
function asNamed(known: WindowState, { limit, endsAt }: BudgetWindow): WindowState {
  return { ...known, limit: storableMoney(limit), endsAt }
}

function grown(window: WindowState, instanceId: string, amount: Billionths): WindowState {
  if (amount <= 0n) return window
  const had = window.slices.get(instanceId)?.amount ?? 0n
  // Of what is new nobody knows whether it is in use.
  const slices = new Map(window.slices).set(instanceId, { amount: had + amount, answeredAt: null })
  return { ...window, slices }
}

/** Whether another instance may have free money of the window. */
function mayBeFree({ slices }: WindowState, instanceId: string, nowMs: number): boolean {
  return [...slices].some(
    ([owner, { answeredAt }]) => owner !== instanceId && (answeredAt === null || answeredAt <= nowMs - ANSWER_HOLDS_MS),
  )
}

function answered(window: WindowState, instanceId: string, nowMs: number): WindowState {
  const slice = window.slices.get(instanceId)
  if (!slice) return window
  return { ...window, slices: new Map(window.slices).set(instanceId, { ...slice, answeredAt: nowMs }) }
}

function unmarked(window: WindowState): WindowState {
  const { recalledAt, slices } = window
  if (recalledAt === null || ![...slices.values()].every((slice) => hasAnswered(slice, recalledAt))) return window
  return { ...window, recalledAt: null }
}

function hasAnswered({ answeredAt }: SliceState, recalledAt: number): boolean {
  return answeredAt !== null && answeredAt >= recalledAt
}
