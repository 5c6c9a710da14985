/*
 * Ids of function calls.
 *
 * Gemini may leave them out; results then belong to calls by name and order. All other formats pair by id, so a call without one is given
 * one that says whose it is: it is not told to Gemini again. In a conversation it is made of the call's number, so it stays the same from turn
 * to turn; in an answer it is chance, since no answer knows how many calls came before it.
 */
import { newId } from '../../lib/ids.ts'

const OURS = 'hgcall'

/** An id for a call in an answer. */
export function newCallId(): string {
  return newId(OURS)
}

/** The id as Gemini knows it; undefined when it never gave one. */
export function wireCallId(id: string): string | undefined {
  return id.startsWith(`${OURS}_`) ? undefined : id
}

/** Pairs the calls and results of one conversation. */
export class CallIds {
  /** Calls that have no result yet. */
  readonly #open: { readonly id: string; readonly name: string }[] = []
  #count = 0

  /** The id of the next call. */
  called(name: string, id: string | undefined): string {
    const known = id || this.#next()
    this.#open.push({ id: known, name })
    return known
  }

  /** The id of the call that a result answers: the one it names, else the first open one of that name. */
  answered(name: string, id: string | undefined): string {
    const at = this.#open.findIndex((call) => (id ? call.id === id : call.name === name))
    const [call] = at === -1 ? [] : this.#open.splice(at, 1)
    return id || (call?.id ?? this.#next())
  }

  #next(): string {
    this.#count += 1
    return `${OURS}_${this.#count}`
  }
}
