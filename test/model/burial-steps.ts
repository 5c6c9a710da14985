import type { Billionths } from '../../src/canonical/amounts.ts'
import { after } from './ledger-steps.ts'
import { NOW_MS } from './message-steps.ts'
import type { DispatchLines, Happening, Rules, State } from './state.ts'

/*
 * What others do about an instance that is dead, or seems to be: who has its dispatch file books what is in it in one step with the burial, then once more, in case
 * somebody was quicker to bury, and deletes the file. Who has no access to the file buries without it. Each of these is a step of its own, for whoever does
 * it may die too, or do it twice.
 */

/** What can be done about the dead next. */
export function burialHappenings(rules: Rules, state: State): readonly Happening[] {
  const found: Happening[] = []
  for (const [id, { buried }] of state.ledger.instances) {
    if (!seemsDead(state, id)) continue
    const file = state.files.get(id)
    const readable = file && !file.deleted
    if (!buried) {
      found.push([`${id} is buried`, laidToRest(rules, state, id, null)])
      if (readable) found.push([`${id} is buried with its file`, laidToRest(rules, state, id, file.lines)])
      if (readable && !file.booked && rules.side.booksBeforeBurial) {
        found.push([`${id}'s file is booked too early`, booked(rules, state, id, false)])
      }
    } else if (readable && !file.booked) found.push([`${id}'s file is booked`, booked(rules, state, id, true)])
    else if (readable) {
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

function booked(rules: Rules, state: State, id: string, slicesAreGone: boolean): State {
  const file = state.files.get(id)
  if (!file) return state
  const next = excused(state, [...file.lines.keys()], id, slicesAreGone)
  const ledger = after(next.ledger, rules.steps.settle(next.ledger, id, [...file.lines.values()], NOW_MS))
  return { ...next, ledger, files: new Map(next.files).set(id, { ...file, booked: true }) }
}

/** Buries an instance, with what is in its file, or without. */
function laidToRest(rules: Rules, state: State, id: string, lines: DispatchLines['lines'] | null): State {
  const sent = state.calls.flatMap((call, index) => (call.heldBy === id && call.wasSent ? [index] : []))
  // What is booked with the burial is paid by the slices; only what a call had noted and not yet held is beyond them.
  const next = excused(state, lines ? [...lines.keys()] : sent, id, lines === null)
  return {
    ...next,
    ledger: after(next.ledger, rules.steps.bury(next.ledger, id, [...(lines?.values() ?? [])], NOW_MS)),
  }
}

/** These calls were sent by an instance that is taken for dead: what they are booked at may be covered by no slice any more. */
function excused(state: State, calls: readonly number[], id: string, slicesAreGone: boolean): State {
  let next = state
  for (const index of calls) {
    const call = next.calls[index]
    if (!call || call.excused || next.ledger.usage.has(`c${index}`)) continue
    const postings = state.files.get(id)?.lines.get(index)?.postings ?? []
    const beyond = (at: number): Billionths =>
      (postings[at]?.spent ?? 0n) - (slicesAreGone ? 0n : (call.held[at] ?? 0n))
    const excuses = next.excuses.map((excuse, at) => (beyond(at) > 0n ? excuse + beyond(at) : excuse))
    next = { ...next, excuses, calls: next.calls.map((one, at) => (at === index ? { ...one, excused: true } : one)) }
  }
  return next
}
