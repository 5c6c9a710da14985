import type { Billionths } from '../../src/canonical/amounts.ts'
import { windowName } from '../../src/storage/protocol/window-name.ts'
import { needsOf, spentOf } from './call-steps.ts'
import { TOKEN } from './small-world.ts'
import type { Rules, State } from './state.ts'

/** What is wrong in a state, whatever comes next; null when nothing is. */
export function alwaysWrong(rules: Rules, state: State): string | null {
  if (state.wrong) return state.wrong
  for (const [index, window] of rules.windows.entries()) {
    const { posted, sliced } = booksOf(state, rules, index)
    const most = window.limit + (state.excuses[index] ?? 0n)
    if (sliced < 0n) return `${window.key} has lent ${sliced}`
    if (posted + sliced > most) return `${window.key}: ${posted} posted and ${sliced} lent, limit ${most}`
    const held = state.calls.reduce((sum, call, at) => sum + (isRunning(state, at) ? (call.held[index] ?? 0n) : 0n), 0n)
    if (posted + held > most) return `${window.key}: ${posted} posted and ${held} held by calls that run, limit ${most}`
  }
  return null
}

/** What is wrong when nothing more happens by itself; null when nothing is. */
export function wrongAtTheEnd(rules: Rules, state: State): string | null {
  const { ledger, calls } = state
  for (const [index, window] of rules.windows.entries()) {
    const { posted, sliced } = booksOf(state, rules, index)
    if (sliced !== 0n) return `${window.key} has still lent ${sliced}`
    const spent = calls.reduce((sum, _, at) => sum + costOf(rules, state, at, index), 0n)
    const credits = [...ledger.adjustments].reduce(
      (sum, [id, { budget, amount }]) => (budget === window.key && id.startsWith('credit') ? sum + amount : sum),
      0n,
    )
    if (posted !== spent - credits)
      return `${window.key} has posted ${posted}, its calls cost ${spent}, credit ${credits}`
  }
  for (const [at, { stage, wasSent }] of calls.entries()) {
    const row = ledger.usage.get(`c${at}`)
    if (wasSent && !row) return `c${at} was sent and has no row`
    if (!wasSent && row) return `c${at} was never sent and has a row`
    if (stage === 'new' || stage === 'waiting' || stage === 'settling') return `c${at} is stuck: ${stage}`
    if (stage === 'told' && row?.status !== 'completed' && !isCorrected(state, at))
      return `c${at} was told and is presumed`
  }
  for (const { accounts } of state.instances) {
    if (accounts.some(({ held }) => held !== 0n)) return 'something is held for ever'
  }
  for (const [id, { lines }] of state.files) if (lines.size > 0) return `${id} has left lines that nobody reads`
  return null
}

/** What the books must say that a call cost, of a window: the truth when it was told, else its bound. */
function costOf(rules: Rules, state: State, call: number, index: number): Billionths {
  const row = state.ledger.usage.get(`c${call}`)
  const known = rules.world.calls[call]
  if (!row || !known) return 0n
  if (row.status === 'completed' || isCorrected(state, call)) {
    return needsOf(rules, spentOf(known, state.calls[call]?.grew ?? null))[index] ?? 0n
  }
  return needsOf(rules, { usd: row.cost, tokens: BigInt(row.inputTokens) * TOKEN, requests: 0n })[index] ?? 0n
}

function isCorrected({ ledger }: State, call: number): boolean {
  return ledger.adjustments.has(`correction:c${call}`)
}

/** Whether something of a call was sent that is not in the books yet. */
function isRunning({ calls, ledger }: State, at: number): boolean {
  const call = calls[at]
  return call?.wasSent === true && !ledger.usage.has(`c${at}`)
}

function booksOf(
  state: State,
  { windows }: Rules,
  index: number,
): { readonly posted: bigint; readonly sliced: bigint } {
  const window = windows[index]
  const known = window && state.ledger.windows.get(windowName(window))
  let sliced = 0n
  for (const { amount } of known?.slices.values() ?? []) sliced += amount
  return { posted: known?.posted ?? 0n, sliced }
}
