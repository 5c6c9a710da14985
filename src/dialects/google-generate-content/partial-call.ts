/*
 * A function call that is streamed argument by argument, as Vertex does when it is asked to.
 *
 * The first piece has the name, the later ones `partialArgs`: each a place in the arguments (a JSON path) with a value, or with one more piece of a text that goes
 * on. A piece that does not continue ends the call. The arguments are told at its end: their JSON cannot be written in order before.
 */
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

const STEP = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/g
/** A list grows by one at a time; a place far behind its end is no place. */
const MOST_ITEMS = 100_000

/** Puts the arguments of one call together. */
export class PartialCall {
  #args: JsonValue = {}

  /** One piece of the call. */
  take(call: JsonObject): void {
    if (isObject(call.args)) this.#args = { ...call.args }
    if (!Array.isArray(call.partialArgs)) return
    for (const piece of call.partialArgs) if (isObject(piece)) this.#place(piece)
  }

  /** The arguments so far, as JSON. */
  get arguments(): string {
    return JSON.stringify(this.#args)
  }

  #place(piece: JsonObject): void {
    if (typeof piece.jsonPath !== 'string') return
    const steps = [...piece.jsonPath.matchAll(STEP)].map(([, name, at, quoted, double]) =>
      at === undefined ? (name ?? quoted ?? double ?? '') : Number(at),
    )
    const value = saidBy(piece)
    if (value !== undefined && steps.length > 0) this.#args = placed(this.#args, steps, value)
  }
}

/** Whether a `functionCall` is only a piece of one: the first says that it goes on, the others have no name. */
export function isPiece(call: JsonObject): boolean {
  return call.willContinue === true || call.partialArgs !== undefined || typeof call.name !== 'string'
}

function saidBy({ stringValue, numberValue, boolValue, nullValue }: JsonObject): JsonValue | undefined {
  return stringValue ?? numberValue ?? boolValue ?? (nullValue === undefined ? undefined : null)
}

/** The value with something new at a place inside; a text that stands there goes on. */
function placed(into: JsonValue | undefined, steps: readonly (string | number)[], value: JsonValue): JsonValue {
  const [step, ...rest] = steps
  if (step === undefined) return typeof into === 'string' && typeof value === 'string' ? into + value : value
  if (typeof step === 'number') {
    const list = Array.isArray(into) ? [...into] : []
    if (step > list.length || step > MOST_ITEMS) return list
    list[step] = placed(list[step], rest, value)
    return list
  }
  const fields = isObject(into) ? Object.entries(into) : []
  const known = fields.find(([name]) => name === step)
  const grown: [string, JsonValue] = [step, placed(known?.[1], rest, value)]
  return Object.fromEntries(known ? fields.map((field) => (field === known ? grown : field)) : [...fields, grown])
}
