import { isObject, type JsonObject } from '../../lib/json.ts'
import { optionalObject } from '../openai-chat/fields.ts'

/*
 * Some fields of a request are objects of which the canonical request says a part: `text`, `reasoning`, `stream_options`. What is left of
 * them is kept, and reported by other formats, under the path of each member: `text.verbosity`.
 */

const PARENTS = ['text', 'reasoning', 'stream_options'] as const

/** Top-level fields that are taken apart. */
export const NESTED_FIELDS: ReadonlySet<string> = new Set(PARENTS)

/** The members of such fields that are set and not `understood`, by their paths. */
export function takeApart(body: JsonObject, understood: ReadonlySet<string>): JsonObject {
  const left: JsonObject = {}
  for (const parent of PARENTS) {
    for (const [name, value] of Object.entries(optionalObject(body, parent) ?? {})) {
      const path = `${parent}.${name}`
      if (value !== null && !understood.has(path)) left[path] = value
    }
  }
  return left
}

/** The fields as they were, with members by their paths put back into their parents. */
export function putTogether(fields: JsonObject): JsonObject {
  const whole: JsonObject = {}
  for (const [path, value] of Object.entries(fields)) {
    const parent = PARENTS.find((name) => path.startsWith(`${name}.`))
    if (parent === undefined) whole[path] = value
    else whole[parent] = { ...objectIn(whole, parent), [path.slice(parent.length + 1)]: value }
  }
  return whole
}

function objectIn(fields: JsonObject, name: string): JsonObject {
  const value = fields[name]
  return isObject(value) ? value : {}
}
