/*
 * Ids of items that we write. They name the answer and the item's place in it, so that the same answer always has the same ids; the mark
 * tells them from the ids of a provider, which mean something to it. OpenAI takes letters, digits, `_` and `-`, 64 at most.
 */

const OWN = /^[a-z]+_hg_/
const LONGEST_ANSWER_ID = 40

/** The id of an item of ours: its kind (`msg`, `rs`, `fc`), the answer's id, and the item's place in it. */
export function ownId(kind: string, answerId: string, place: number): string {
  const answer = answerId.replace(/[^\w-]/g, '').slice(-LONGEST_ANSWER_ID)
  return `${kind}_hg_${answer}_${place}`
}

/** Whether an id was written by us. */
export function isOwnId(id: string): boolean {
  return OWN.test(id)
}
