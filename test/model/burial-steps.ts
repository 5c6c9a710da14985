import type { Billionths } from '../../src/canonical/amounts.ts'
import { after } from './ledger-steps.ts'
import { NOW_MS } from './message-steps.ts'
import type { Happening, Rules, State } from './state.ts'

/*
 * What others do about an instance that is dead, or seems to be: they read its dispatch file and book what is in it, bury it, and delete the file. Each of
 * these is a step of its own, for whoever does it may die too, or do it twice. Who has no access to the file buries without it.
 */

/** What can be done about the dead next. */
export function burialHappenings(rules: Rules, state: State): readonly Happening[] {
  const found: Happening[] = []
  for (const [id, { buried }] of state.ledger.instances) {
    if (!seemsDead(state, id)) continue
    if (!buried) found.push([`${id} is buried`, laidToRest(rules, state, id)])
    const file = state.files.get(id)
    if (!file || file.deleted) continue
    if (!file.booked) found.push([`${id}'s file is booked`, booked(rules, state, id)])
    else if (buried) {
      const files = new Map(state.files).set(id, { ...file, lines: new Map(), deleted: true })
      found.push([`${id}'s file is deleted`, { ...state, files }])
    }
  }
  return found
}

/** Its process is dead, or has another id, or has been silent for longer than its lease. */
function seemsDead(state: State, id: string): boolean {
  return !state.instances.some((instance) => instance.alive && instance.id === id && instance.trusted)
}

function booked(rules: Rules, state: State, id: string): State {
  const file = state.files.get(id)
  if (!file) return state
  const next = excused(state, [...file.lines.keys()], id)
  const ledger = after(next.ledger, rules.steps.settle(next.ledger, id, [...file.lines.values()], NOW_MS))
  return { ...next, ledger, files: new Map(next.files).set(id, { ...file, booked: true }) }
}

function laidToRest(rules: Rules, state: State, id: string): State {
  const calls = state.calls.flatMap((call, index) => (call.heldBy === id && call.wasSent ? [index] : []))
  const next = excused(state, calls, id)
  return { ...next, ledger: after(next.ledger, rules.steps.bury(next.ledger, id, [], NOW_MS)) }
}

/** These calls were sent by an instance that is taken for dead: what they cost, or are booked at, is covered by no slice any more. */
function excused(state: State, calls: readonly number[], id: string): State {
  let next = state
  for (const index of calls) {
    const call = next.calls[index]
    if (!call || call.excused || next.ledger.usage.has(`c${index}`)) continue
    const postings = state.files.get(id)?.lines.get(index)?.postings ?? []
    const bound = (at: number): Billionths => postings[at]?.spent ?? 0n
    const excuses = next.excuses.map((excuse, at) => excuse + bound(at))
    next = { ...next, excuses, calls: next.calls.map((one, at) => (at === index ? { ...one, excused: true } : one)) }
  }
  return next
}
