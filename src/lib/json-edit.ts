import type { JsonValue } from './json.ts'
import { type JsonMembers, membersOf } from './json-members.ts'

/*
 * Edits on the bytes of a JSON object, without parsing it: what is not named keeps its number spelling, its white space
 * and the order of its keys.
 */

/** Changes to the top-level fields of a JSON object; everything else keeps its bytes. */
export interface TopLevelEdits {
  readonly set: Readonly<Record<string, JsonValue>>
  readonly remove: readonly string[]
}

/**
 * The object with its top-level fields changed: `set` replaces a value where it stands or appends the field,
 * `remove` takes the field out; a field in both is removed. Every occurrence of a repeated key is changed.
 * Nothing to change gives the same buffer. `members` are those of the body, for who has them already. Throws SyntaxError when the bytes
 * are not a JSON object.
 */
export function editTopLevel(body: Buffer, edits: TopLevelEdits, members: JsonMembers = membersOf(body)): Buffer {
  const { set, remove } = edits
  const pieces: Buffer[] = []
  const wanted = Object.keys(set)
  const replaced: string[] = []
  /** Everything before this byte is in `pieces` or was cut. */
  let done = 0
  let lastKeptEnd = -1
  let cutFrom = -1
  for (const { key, start, valueStart, end } of members.list) {
    if (remove.includes(key)) {
      if (cutFrom === -1) cutFrom = start
      continue
    }
    if (cutFrom !== -1) {
      pieces.push(body.subarray(done, cutFrom))
      done = start
      cutFrom = -1
    }
    const value = wanted.includes(key) ? set[key] : undefined
    if (value !== undefined) {
      pieces.push(body.subarray(done, valueStart), Buffer.from(JSON.stringify(value)))
      done = end
      replaced.push(key)
    }
    lastKeptEnd = end
  }
  const text = appended(edits, replaced)
  if (cutFrom !== -1 || text !== '') {
    const lastEnd = members.list.at(-1)?.end ?? members.open
    const to = lastKeptEnd === -1 ? (cutFrom === -1 ? lastEnd : cutFrom) : lastKeptEnd
    pieces.push(body.subarray(done, to), Buffer.from(text === '' || lastKeptEnd === -1 ? text : `,${text}`))
    done = lastEnd
  }
  if (pieces.length === 0) return body
  pieces.push(body.subarray(done))
  return Buffer.concat(pieces)
}

/** The fields of `set` that the object did not have, as JSON text; empty when there are none. */
function appended(edits: TopLevelEdits, replaced: readonly string[]): string {
  let text = ''
  for (const key of Object.keys(edits.set)) {
    const value = edits.set[key]
    if (value === undefined || replaced.includes(key) || edits.remove.includes(key)) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(value)}`
  }
  return text
}
