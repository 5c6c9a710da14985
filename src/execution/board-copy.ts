/*
 * One instance's copy of what the board says of a deployment, as pure functions: what the instance does, sends and hears, in whatever order that comes.
 *
 * What an instance learns of its own calls counts here at once, and is posted. The board takes a post from whoever knows what is there, and tells the
 * others what is there instead; that is then taken over, and with it begins a new epoch, so that what older calls say counts no more. Only a lease is asked for first:
 * the probe goes when the board has said yes.
 *
 * Answers come in the order in which the board gave them. What is not answered may have been done or not, so its id stays among those that are known; and
 * whoever gets no answer decides by itself.
 */
import type { BoardEntry } from '../storage/contracts/breaker-board.ts'
import { type Breaker, CLOSED } from './circuit-breaker.ts'

/** See above. Never changed in place. */
export interface BoardCopy {
  /** What counts at this instance. */
  readonly breaker: Breaker
  /** Names of what may be on the board as far as is known here: what it last said, and what was posted since and not answered. */
  readonly known: readonly string[]
  /** Whether the breaker changed here and that was not posted yet. */
  readonly owed: boolean
  /** Under which id it was posted, until the answer comes. */
  readonly posted: string | null
  /** The half-open state that was asked for, and does not count yet. */
  readonly asked: Breaker | null
}

/** How a deployment begins of which the board says nothing. */
export const BLANK: BoardCopy = { breaker: CLOSED, known: [], owed: false, posted: null, asked: null }

/** More posts in a row are never without an answer: each waits for the one before it. */
const MOST_KNOWN = 8

/** This instance changed the breaker by itself. */
export function changed(copy: BoardCopy, breaker: Breaker): BoardCopy {
  // Failures in a row that open nothing yet are everybody's own.
  const { epoch, until } = copy.breaker
  if (breaker.epoch === epoch && breaker.until === until) return { ...copy, breaker }
  // A lease that was asked for before is one of another state.
  return { ...copy, breaker, owed: true, asked: null }
}

/** What counts here is posted under this id. Only while nothing else is. */
export function posting(copy: BoardCopy, id: string): BoardCopy {
  return { ...copy, known: [...copy.known, id].slice(-MOST_KNOWN), owed: false, posted: id }
}

/** A lease is asked for, or more time for one: what is posted counts when the board has said yes. Only while nothing else is posted or owed. */
export function asking(copy: BoardCopy, lease: Breaker, id: string): BoardCopy {
  return { ...posting(copy, id), asked: lease }
}

/** The answer takes too long: the instance leases the probe by itself. */
export function decided(copy: BoardCopy): BoardCopy {
  return copy.asked === null ? copy : { ...copy, breaker: copy.asked, asked: null }
}

/** The board answered what was posted. */
export function answered(copy: BoardCopy, entry: BoardEntry, at: number): BoardCopy {
  if (entry.id !== copy.posted) return taken(copy, entry, at)
  const breaker = copy.asked ?? copy.breaker
  return { breaker, known: [entry.id], owed: copy.owed, posted: null, asked: null }
}

/** What became of what was posted will never be known. */
export function unanswered(copy: BoardCopy): BoardCopy {
  return copy.posted === null ? copy : { ...copy, owed: copy.owed || copy.asked === null, posted: null, asked: null }
}

/** What a look at the board showed; null when there is no entry. */
export function seen(copy: BoardCopy, entry: BoardEntry | null, at: number): BoardCopy {
  // The answer to what was posted is newer, and what is owed will have one.
  if (copy.posted !== null || copy.owed) return copy
  // The board lost its memory.
  if (entry === null) return copy.breaker.phase === 'closed' ? copy : { ...copy, owed: true }
  if (!copy.known.includes(entry.id)) return taken(copy, entry, at)
  // It may be an older one of those that are known, when a renewal was never answered: the state is the same.
  return copy.known.length === 1 ? copy : { ...copy, known: [entry.id] }
}

/** What somebody else put there counts here too. */
function taken({ breaker }: BoardCopy, { id, phase, failures, ejections, agoMs, forMs }: BoardEntry, at: number) {
  const epoch = breaker.epoch + 1
  const others: Breaker = { phase, epoch, failures, ejections, since: at - agoMs, until: at + forMs }
  return { breaker: others, known: [id], owed: false, posted: null, asked: null }
}

/** What is put on the board. */
export function entryOf(id: string, breaker: Breaker, at: number): BoardEntry {
  const { phase, failures, ejections, since, until } = breaker
  return { id, phase, failures, ejections, agoMs: at - since, forMs: until - at }
}
