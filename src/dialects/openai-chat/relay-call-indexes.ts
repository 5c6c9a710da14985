import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/**
 * Gives the tool calls of a relayed stream the indexes that their host left out. Clients put the pieces of a call together by its index: without one they
 * lose calls, or make one of several.
 */
export class CallIndexes {
  readonly #choices = new Map<number, Calls>()

  /** The chunk with all indexes; null when none is missing, so that it can go on as it came. */
  completed(chunk: JsonObject): JsonObject | null {
    if (!Array.isArray(chunk.choices)) return null
    let isChanged = false
    const choices = chunk.choices.map((choice): JsonValue => {
      if (!isObject(choice) || !isObject(choice.delta) || !Array.isArray(choice.delta.tool_calls)) return choice
      const { delta } = choice
      const deltas = choice.delta.tool_calls
      if (!deltas.some(isWithoutIndex)) return choice
      isChanged = true
      const calls = this.#callsOf(choice)
      const named = deltas.map((call, place): JsonValue => {
        return isWithoutIndex(call) ? { index: calls.indexOf(call, place), ...call } : call
      })
      return { ...choice, delta: { ...delta, tool_calls: named } }
    })
    return isChanged ? { ...chunk, choices } : null
  }

  #callsOf({ index }: JsonObject): Calls {
    const key = typeof index === 'number' ? index : 0
    const calls = this.#choices.get(key) ?? new Calls()
    this.#choices.set(key, calls)
    return calls
  }
}

/** The calls of one answer: a piece belongs to the call whose id it has, else to the last one at its place in the list. */
class Calls {
  readonly #byId = new Map<string, number>()
  readonly #atPlace = new Map<number, number>()
  #count = 0

  indexOf(call: JsonObject, place: number): number {
    const id = typeof call.id === 'string' ? call.id : ''
    const begins = isObject(call.function) && typeof call.function.name === 'string' && call.function.name !== ''
    const known = id === '' ? (begins ? undefined : this.#atPlace.get(place)) : this.#byId.get(id)
    const index = known ?? this.#count
    if (index === this.#count) this.#count += 1
    if (id !== '') this.#byId.set(id, index)
    this.#atPlace.set(place, index)
    return index
  }
}

function isWithoutIndex(call: JsonValue): call is JsonObject {
  return isObject(call) && typeof call.index !== 'number'
}
