import { Fingerprint, FingerprintSet } from './fingerprint.ts'
import { isGift } from './message-steps.ts'
import type { CallState, DispatchLines, Instance, Message, ModelLedger, State } from './state.ts'

/** These are filled anew for every state: a search makes millions. */
const whole = new Fingerprint()
const member = new Fingerprint()
const set = new FingerprintSet()

/**
 * The same for states that differ in nothing that matters later. The order of messages does only after gifts that nobody waits for. Good until the next
 * one is asked for.
 */
export function keyOf(state: State): Fingerprint {
  const { ledger, instances, calls, messages, files } = state
  whole.clear()
  whole.number(state.faults)
  whole.number(state.credits)
  whole.word(state.wrong ?? '')
  whole.amounts(state.excuses)
  for (const instance of instances) addInstance(instance)
  for (const call of calls) addCall(call)
  addLedger(ledger)
  addMessages(messages)
  for (const [id, file] of files) addFile(id, file)
  return whole.end()
}

function addInstance({ alive, id, trusted, accounts, waiting, pressed, doubts }: Instance): void {
  whole.word(id)
  whole.number((alive ? 1 : 0) + (trusted ? 2 : 0) + (pressed ? 4 : 0) + (doubts ? 8 : 0))
  for (const { lent, held } of accounts) {
    whole.amount(lent)
    whole.amount(held)
  }
  whole.number(waiting.length)
  for (const { call, hopes } of waiting) whole.number(2 * call + (hopes ? 1 : 0))
}

function addCall({ stage, held, grew, heldBy, wasSent, excused }: CallState): void {
  whole.word(stage)
  whole.amounts(held)
  whole.word(heldBy)
  whole.number((grew === null ? 0 : grew ? 1 : 2) + (wasSent ? 4 : 0) + (excused ? 8 : 0))
}

function addLedger({ windows, instances, usage, adjustments }: ModelLedger): void {
  whole.number(windows.size)
  for (const { posted, slices, recalledAt } of windows.values()) {
    whole.amount(posted)
    addTime(recalledAt)
    whole.number(slices.size)
    for (const [id, { amount, answeredAt }] of slices) {
      whole.word(id)
      whole.amount(amount)
      addTime(answeredAt)
    }
  }
  whole.number(instances.size)
  for (const [id, { buried }] of instances) {
    whole.word(id)
    whole.yes(buried)
  }
  set.clear()
  for (const [id, { status }] of usage) {
    member.clear()
    member.word(id)
    member.word(status)
    set.add(member.end())
  }
  set.addTo(whole)
  set.clear()
  for (const id of adjustments.keys()) {
    member.clear()
    member.word(id)
    set.add(member.end())
  }
  set.addTo(whole)
}

function addTime(atMs: number | null): void {
  whole.number(atMs === null ? 1 : 2 * atMs)
}

function addMessages(messages: readonly Message[]): void {
  if (messages.some((one) => isGift(one) && !one.awaited)) {
    whole.number(-1 - messages.length)
    for (const message of messages) {
      const { high, low } = fingerprintOf(message)
      whole.number(high)
      whole.number(low)
    }
    return
  }
  set.clear()
  for (const message of messages) set.add(fingerprintOf(message))
  set.addTo(whole)
}

function addFile(id: string, { lines, booked, deleted }: DispatchLines): void {
  whole.word(id)
  whole.number((booked ? 1 : 0) + (deleted ? 2 : 0))
  whole.number(lines.size)
  for (const [call, { usage }] of lines) {
    whole.number(call)
    whole.amount(usage[0]?.cost ?? -1n)
  }
}

function fingerprintOf({ id, ask, answer, awaited, payable }: Message): Fingerprint {
  member.clear()
  member.word(id)
  member.word(ask.do)
  member.yes(awaited)
  member.number(payable.length)
  for (const call of payable) member.number(call)
  if (ask.do === 'lend') {
    member.number(ask.calls.length)
    for (const call of ask.calls) member.number(call)
    for (const one of ask.requests) {
      member.amount(one ? one.atLeast : -1n)
      member.amount(one ? one.wanted : -1n)
    }
  } else if (ask.do === 'return' || ask.do === 'keep') member.amounts(ask.amounts)
  else if (ask.do === 'answer') {
    member.number(ask.returns.length)
    for (const { window, amount } of ask.returns) {
      member.word(window.key)
      member.amount(amount)
    }
  } else {
    member.number(ask.call)
    for (const { spent } of ask.settlement.postings) member.amount(spent)
  }
  addAnswer(answer)
  return member.end()
}

function addAnswer(answer: Message['answer']): void {
  if (!Array.isArray(answer)) {
    member.word(`${answer}`)
    return
  }
  member.number(answer.length)
  for (const { granted, left, recalled } of answer) {
    member.amount(granted)
    member.amount(left)
    member.yes(recalled)
  }
}
