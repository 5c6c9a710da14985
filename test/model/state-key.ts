import { isGift } from './message-steps.ts'
import type { Message, State } from './state.ts'

/** A text that is the same for states that differ in nothing that matters later. The order of messages does only after gifts that nobody waits for. */
export function keyOf(state: State): string {
  const { ledger, instances, calls, messages, files } = state
  let key = `${state.faults}${state.credits}${state.wrong ?? ''}|${state.excuses.join()}|`
  for (const { alive, id, trusted, accounts, waiting, pressed, doubts } of instances) {
    key += `${id}${alive ? 'a' : ''}${trusted ? 't' : ''}${pressed ? 'p' : ''}${doubts ? 'd' : ''}`
    for (const { lent, held } of accounts) key += `,${lent}/${held}`
    for (const { call, hopes } of waiting) key += `w${call}${hopes ? 'h' : ''}`
  }
  for (const { stage, held, grew, heldBy, wasSent, excused } of calls) {
    key += `|${stage}${held.join()}${grew}${heldBy}${wasSent}${excused}`
  }
  for (const { posted, slices, recalledAt } of ledger.windows.values()) {
    key += `|${posted}r${recalledAt}`
    for (const [id, { amount, answeredAt }] of slices) key += `${id}${amount}@${answeredAt}`
  }
  for (const [id, { buried }] of ledger.instances) key += `|${id}${buried}`
  key += [...ledger.usage]
    .map(([id, { status }]) => `${id}${status}`)
    .sort()
    .join()
  key += [...ledger.adjustments.keys()].sort().join()
  const onTheirWay = messages.map(keyOfMessage)
  key += (messages.some((one) => isGift(one) && !one.awaited) ? onTheirWay : onTheirWay.sort()).join()
  for (const [id, { lines, booked, deleted }] of files) {
    key += `|${id}${booked}${deleted}`
    for (const [call, { usage }] of lines) key += `${call}:${usage[0]?.cost}`
  }
  return key
}

function keyOfMessage({ id, ask, answer, awaited, payable }: Message): string {
  const head = `${id}${awaited}${ask.do}${payable.join()}`
  const told = Array.isArray(answer)
    ? answer.map((one) => `${one.granted}/${one.left}${one.recalled}`).join()
    : `${answer}`
  if (ask.do === 'lend') {
    const asked = ask.requests.map((one) => (one ? `${one.atLeast}/${one.wanted}` : '-')).join()
    return `${head}${ask.calls.join()}${asked}${told}`
  }
  if (ask.do === 'return' || ask.do === 'keep') return `${head}${ask.amounts.join()}${told}`
  if (ask.do === 'answer')
    return `${head}${ask.returns.map(({ window, amount }) => `${window.key}${amount}`).join()}${told}`
  return `${head}${ask.call}${ask.settlement.postings.map(({ spent }) => spent).join()}${told}`
}
