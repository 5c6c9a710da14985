import { GatewayError } from '../../src/errors/gateway-error.ts'
import { after } from './ledger-steps.ts'
import { free, goOn, isPayable, lent } from './lending-steps.ts'
import {
  type Happening,
  type Message,
  type ModelLedger,
  type Rules,
  type State,
  withAsk,
  withCall,
  withInstance,
  withMessage,
} from './state.ts'

/*
 * Messages to the ledger and back. Each may be worked on at any time, so they overtake one another; each may be lost on its way there or back, or be worked
 * on when nobody waits for it any more.
 */

/** The time of the model: it stands still, but what is old may be made older. */
export const NOW_MS = 0

/** What messages can do next. */
export function messageHappenings(rules: Rules, state: State): readonly Happening[] {
  return state.messages.flatMap((message): readonly Happening[] => {
    const name = `${message.id} ${message.ask.do}`
    const found: Happening[] = []
    const gives = isGift(message)
    if (message.answer === null) {
      const worked = work(rules, state, message)
      // When it is heard that money was given back matters to nobody.
      const heard = gives && message.awaited ? hearLast(rules, worked) : worked
      found.push([`${name}: the ledger works`, heard])
      // Nobody waits for it: it may as well have been lost.
      if (!message.awaited) found.push([`${name}: nobody hears of it`, withMessage(state, message, null)])
    } else if (message.awaited) found.push([`${name}: the answer is heard`, hear(rules, state, message)])
    if (!message.awaited || state.faults === 0) return found
    const worse = { ...state, faults: state.faults - 1 }
    const lost = withMessage(worse, message, null)
    found.push([
      `${name}: is lost ${message.answer === null ? 'on its way' : 'on its way back'}`,
      fail(rules, lost, message),
    ])
    if (message.answer === null) {
      const late = withMessage(worse, message, { awaited: false })
      found.push([`${name}: its asker gives up`, fail(rules, late, message)])
    }
    return found
  })
}

/** The ledger does what is asked. */
function work(rules: Rules, before: State, message: Message): State {
  const { steps } = rules
  const { ask, id } = message
  const state = ask.do === 'settle' ? before : withoutOlderGifts(before, message)
  try {
    let ledger = state.ledger
    let answer: Message['answer'] = 'done'
    if (ask.do === 'lend') {
      const requests = ask.requests.filter((request) => request !== null)
      const outcome = steps.lend(ledger, id, requests, NOW_MS)
      ledger = after(ledger, outcome)
      answer = outcome.answer
    } else if (ask.do === 'return') {
      for (const [index, window] of rules.windows.entries()) {
        ledger = after(ledger, steps.giveBack(ledger, id, window, ask.amounts[index] ?? 0n))
      }
    } else if (ask.do === 'keep') {
      const holdings = rules.windows.map((window, index) => ({ window, amount: ask.amounts[index] ?? 0n }))
      ledger = after(ledger, steps.keep(ledger, id, holdings))
    } else if (ask.do === 'answer') ledger = after(ledger, steps.answerRecall(ledger, id, ask.returns, NOW_MS))
    else ledger = after(ledger, steps.settle(ledger, id, [ask.settlement], NOW_MS))
    const next = { ...state, ledger }
    const payable = ask.do === 'lend' ? ask.calls.filter((call) => isPayable(rules, next, message.from, call)) : []
    return withMessage(next, message, message.awaited ? { answer, payable } : null)
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    return withMessage(state, message, message.awaited ? { answer: 'buried' } : null)
  }
}

/** What was given back before, and given up, has taken effect by now or never will (see `LedgerStore.returnSlices`). */
function withoutOlderGifts(state: State, message: Message): State {
  const at = state.messages.indexOf(message)
  const stays = (one: Message, index: number): boolean =>
    index >= at || one.id !== message.id || one.awaited || !isGift(one)
  return { ...state, messages: state.messages.filter(stays) }
}

/** The asker of the message that was just worked on hears the answer. */
function hearLast(rules: Rules, state: State): State {
  const message = state.messages.find((one) => one.answer !== null && isGift(one))
  return message ? hear(rules, state, message) : state
}

/** The asker hears the answer. */
function hear(rules: Rules, state: State, message: Message): State {
  const { from, ask: asked, answer } = message
  const heard = withMessage(state, message, null)
  if (answer === 'buried') return fail(rules, heard, message)
  if (asked.do === 'settle') return settled(rules, heard, from, asked.call, message)
  if (asked.do === 'keep') return goOn(rules, sure(heard, from), from)
  if (asked.do !== 'lend') return goOn(rules, heard, from)
  // A loan to an id that was buried since is void.
  if (message.id !== state.instances[from].id || answer === null || answer === 'done') return goOn(rules, heard, from)
  return lent(rules, heard, from, asked, answer, message.payable)
}

/** The ledger has heard what the instance believes to have. There is nothing to doubt, unless it may still be at work on something else. */
function sure(state: State, from: 0 | 1): State {
  const late = state.messages.some((one) => one.from === from && !one.awaited && one.ask.do !== 'settle')
  return late ? state : withInstance(state, from, { doubts: false })
}

/** Whether a message can only make slices smaller. */
export function isGift({ ask }: Message): boolean {
  return ask.do === 'return' || ask.do === 'answer' || ask.do === 'keep'
}

function settled(rules: Rules, state: State, from: 0 | 1, index: number, { ask }: Message): State {
  const call = state.calls[index]
  const spent = ask.do === 'settle' ? ask.settlement.postings.map((posting) => posting.spent) : []
  const files = new Map(state.files)
  for (const [id, file] of files) {
    const lines = new Map(file.lines)
    if (lines.delete(index)) files.set(id, { ...file, lines })
  }
  const told = withCall({ ...state, files }, index, { stage: 'told', held: [] })
  return rules.side.freesEarly ? told : free(rules, told, from, call?.held ?? [], spent)
}

/** No answer came, or the instance was taken for dead. A settlement is tried until it succeeds. */
function fail(rules: Rules, state: State, { from, ask: asked }: Message): State {
  if (asked.do === 'settle') return withAsk(state, from, asked)
  let next = withInstance(state, from, { doubts: state.instances[from].alive })
  if (asked.do !== 'lend') return goOn(rules, next, from)
  for (const one of state.instances[from].waiting) {
    next = withInstance(next, from, { waiting: next.instances[from].waiting.filter((other) => other !== one) })
    next = withCall(next, one.call, one.larger ? { stage: 'sent', grew: false } : { stage: 'unavailable' })
  }
  return goOn(rules, next, from)
}

/** The ledger when what it remembers of recalls has become old. */
export function older(ledger: ModelLedger, ms: number): ModelLedger {
  const windows = new Map(ledger.windows)
  for (const [name, window] of windows) {
    const slices = new Map(window.slices)
    for (const [id, slice] of slices) slices.set(id, { ...slice, answeredAt: aged(slice.answeredAt, ms) })
    windows.set(name, { ...window, slices, recalledAt: aged(window.recalledAt, ms) })
  }
  return { ...ledger, windows }
}

/** Older than old is all the same. */
function aged(atMs: number | null, ms: number): number | null {
  return atMs === null ? null : Math.max(atMs - ms, -2 * ms)
}
