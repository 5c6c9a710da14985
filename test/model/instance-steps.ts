import { windowName } from '../../src/storage/protocol/window-name.ts'
import { after } from './ledger-steps.ts'
import { answerRecall, ask, freeOf, goOn, isPayable, refuse, sweep } from './lending-steps.ts'
import { NOW_MS, older } from './message-steps.ts'
import {
  awaits,
  type Happening,
  isGiving,
  type Rules,
  type Stage,
  type State,
  type Waiting,
  withAsk,
  withCall,
  withInstance,
} from './state.ts'

/** More than anything that the ledger remembers lasts. */
const LONG_MS = 10_000
const BOTH = [0, 1] as const

/** What instances do by themselves, and what befalls them. */
export function instanceHappenings(rules: Rules, state: State): readonly Happening[] {
  const found: Happening[] = BOTH.flatMap((index) => {
    const instance = state.instances[index]
    return instance.alive ? [...ofLiving(rules, state, index)] : []
  })
  const { credits } = state
  const window = rules.windows[1]
  if (credits > 0 && window) {
    const credit = { id: `credit ${credits}`, actor: 'operator', reason: 'goodwill', window, amount: 1n }
    const ledger = after(state.ledger, rules.steps.adjust(state.ledger, credit, NOW_MS))
    found.push(['a credit is given', { ...state, ledger, credits: credits - 1 }])
  }
  const resting = state.messages.length === 0 && state.instances.every(({ waiting }) => waiting.length === 0)
  const over = state.calls.every(({ stage }) => isOver(stage))
  if (resting && over) {
    for (const index of BOTH) if (state.instances[index].alive) found.push(closed(rules, state, index))
  } else if (resting && rules.world.ages && state.instances.some(({ pressed }) => pressed)) {
    const [first, second] = state.instances
    const instances = [
      { ...first, pressed: false },
      { ...second, pressed: false },
    ] as const
    found.push(['time passes', { ...state, instances, ledger: older(state.ledger, LONG_MS) }])
  }
  return found
}

function ofLiving(rules: Rules, state: State, index: 0 | 1): readonly Happening[] {
  const instance = state.instances[index]
  const { id, trusted, waiting, accounts, doubts } = instance
  const isBuried = state.ledger.instances.get(id)?.buried === true
  const found: Happening[] = []
  if (state.faults > 0 && rules.world.trouble === 'instances too') {
    const faults = state.faults - 1
    if (trusted) found.push([`${id} falls silent`, withInstance({ ...state, faults }, index, { trusted: false })])
    found.push([`${id} crashes`, crashed({ ...state, faults }, index)])
  }
  if (!trusted && !isBuried) found.push([`${id} is heard again`, withInstance(state, index, { trusted: true })])
  // An instance that is sure of its lease does not ask whether it was buried.
  if (!trusted && isBuried) found.push([`${id} begins anew`, rejoined(rules, state, index)])
  const giving = awaits(state, index, 'lend') || isGiving(state, index)
  const mayIdle =
    rules.world.idle === 'any time' || !state.calls.some(({ instance: on, stage }) => on === index && stage === 'new')
  if (mayIdle && !giving && waiting.length === 0 && accounts.some((account) => freeOf(account) > 0n)) {
    found.push([`${id} gives back what is idle`, sweep(state, index)])
  }
  if (doubts && !giving) found.push([`${id} says what it has`, saysWhatItHas(state, index)])
  const recalls = trusted ? rules.steps.recallsOf(state.ledger, id) : []
  if (!giving && recalls.length > 0) {
    found.push([`${id} answers a recall`, answerRecall(rules, state, index, recalls)])
  }
  const hoping = waiting.filter(({ hopes }) => hopes)
  if (hoping.length > 0 && !awaits(state, index, 'lend')) {
    const again = withInstance(state, index, { waiting: waiting.map((one) => ({ ...one, hopes: false })) })
    found.push([`${id} asks again`, ask(rules, again, index)])
  }
  for (const one of hoping) {
    if (mayStillCome(rules, state, index, one)) continue
    found.push([
      `c${one.call} has waited enough`,
      refuse(state, index, one, trusted && isPayable(rules, state, index, one.call)),
    ])
  }
  return found
}

/** After answers that were lost, the ledger takes back what it has lent beyond what is known here. */
function saysWhatItHas(state: State, index: 0 | 1): State {
  const amounts = state.instances[index].accounts.map(({ lent }) => lent)
  return withAsk(state, index, { do: 'keep', amounts })
}

/** Patience is longer than it takes those who live and are heard to give back, and to ask once more after that. */
function mayStillCome(rules: Rules, state: State, from: 0 | 1, { needs }: Waiting): boolean {
  if (state.messages.some(({ awaited }) => awaited)) return true
  const other = state.instances[from === 0 ? 1 : 0]
  if (other.alive && other.trusted && rules.steps.recallsOf(state.ledger, other.id).length > 0) return true
  const { id, accounts } = state.instances[from]
  const requests = rules.windows.flatMap((window, index) => {
    const missing = (needs[index] ?? 0n) - freeOf(accounts[index])
    return missing > 0n ? [{ window, atLeast: missing, wanted: missing }] : []
  })
  if (!state.instances[from].trusted || requests.length === 0) return false
  const { answer } = rules.steps.lend(state.ledger, id, requests, NOW_MS)
  return answer.some(({ recalled }) => recalled) || answer.every(({ granted }) => granted > 0n)
}

/** Its calls are over: it gives back what it has, and says goodbye. */
function closed(rules: Rules, state: State, index: 0 | 1): Happening {
  const { id, accounts } = state.instances[index]
  const none = accounts.map(() => ({ lent: 0n, held: 0n }))
  const ledger = after(state.ledger, rules.steps.bury(state.ledger, id, [], NOW_MS))
  const what = accounts.some(({ held }) => held !== 0n)
    ? `${id} closes and something is held for ever`
    : strayed(rules, state, index)
  const next = withInstance({ ...state, ledger, wrong: what }, index, { alive: false, trusted: false, accounts: none })
  return [`${id} closes`, next]
}

/** What the ledger says is lent to an instance and the instance says it has not, as long as nothing went wrong on the way. */
function strayed(rules: Rules, { ledger, instances, faults }: State, index: 0 | 1): string | null {
  if (faults < rules.world.faults) return null
  const { id, accounts } = instances[index]
  for (const [at, window] of rules.windows.entries()) {
    const lent = ledger.windows.get(windowName(window))?.slices.get(id)?.amount ?? 0n
    if (lent !== (accounts[at]?.lent ?? 0n))
      return `${window.key} has lent ${lent} to ${id}, which has ${accounts[at]?.lent}`
  }
  return null
}

function isOver(stage: Stage): boolean {
  return stage === 'told' || stage === 'refused' || stage === 'unavailable' || stage === 'cut off'
}

/** Everything that was only in its memory is gone. */
function crashed(state: State, index: 0 | 1): State {
  const accounts = state.instances[index].accounts.map(() => ({ lent: 0n, held: 0n }))
  const dead = { alive: false, trusted: false, accounts, waiting: [], pressed: false, doubts: false }
  let next = withInstance(state, index, dead)
  const messages = next.messages.flatMap((message) => {
    if (message.from !== index) return [message]
    return message.answer === null ? [{ ...message, awaited: false }] : []
  })
  next = { ...next, messages }
  for (const [at, { stage }] of state.calls.entries()) {
    if (isOver(stage)) continue
    // What a call holds of which something was sent is needed until it is booked.
    const { wasSent, held } = state.calls[at] ?? { wasSent: false, held: [] }
    if (isOn(state, at, index)) next = withCall(next, at, { stage: 'cut off', held: wasSent ? held : [] })
  }
  return next
}

function isOn(state: State, call: number, index: 0 | 1): boolean {
  return state.calls[call]?.instance === index
}

/** It was taken for dead: its slices are gone, what its calls hold is backed by nothing. */
function rejoined(rules: Rules, state: State, index: 0 | 1): State {
  const instance = state.instances[index]
  const id = `${instance.id}'`
  const accounts = instance.accounts.map(({ lent, held }) => ({ lent: rules.side.lentAfterBurial(lent), held }))
  const ledger = after(state.ledger, rules.steps.register(state.ledger, id, NOW_MS))
  return goOn(rules, withInstance({ ...state, ledger }, index, { id, accounts, trusted: true, doubts: false }), index)
}
