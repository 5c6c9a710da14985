/*
 * Tool calls out of a stream's deltas.
 *
 * OpenAI gives every call an index, sends its id and name once and then pieces of its arguments; deltas of several calls may
 * alternate. Hosts differ: no index at all (the place in the list or the id tells the call), the id in every delta, the name after
 * the id, the whole call in one delta, or several whole calls that all say index 0. A call is begun towards the caller as soon
 * as both id and name are known; what came before waits.
 */
import type { StreamEvent } from '../../canonical/stream-event.ts'
import { newId } from '../../lib/ids.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { StreamBlocks } from './stream-blocks.ts'
import { callExtensions } from './tool-calls.ts'

interface RunningCall {
  id: string
  name: string
  /** The block's index once the call was begun towards the caller. */
  block: number | null
  /** Arguments that wait for the call to begin. */
  waiting: string
  /** Whether the arguments have anything but white space. */
  hasArguments: boolean
  /** Fields that the host wants back with the call. */
  extensions: ReturnType<typeof callExtensions>
  /** The input of a call to a custom tool, which takes text instead of JSON. */
  input: string | null
}

/** Keeps the calls of one stream apart. */
export class StreamToolCalls {
  readonly #out: StreamEvent[]
  readonly #blocks: StreamBlocks
  readonly #calls: RunningCall[] = []
  readonly #byKey = new Map<string, RunningCall>()

  /** `out` takes the events, `blocks` gives the indexes. */
  constructor(out: StreamEvent[], blocks: StreamBlocks) {
    this.#out = out
    this.#blocks = blocks
  }

  /** Whether there was any call. */
  get any(): boolean {
    return this.#calls.some((call) => call.name !== '')
  }

  /** The `tool_calls` of one delta. */
  push(deltas: readonly JsonValue[]): void {
    deltas.forEach((delta, place) => {
      if (isObject(delta)) this.#take(this.#callOf(delta, place), delta)
    })
  }

  /** The `function_call` of one delta, the form before `tool_calls`. */
  pushLegacy(call: JsonObject): void {
    if (!call.name && !call.arguments) return
    this.push([{ index: 0, function: call }])
  }

  /** Ends all calls. One that never had a name is left out. */
  close(): void {
    for (const call of this.#calls) {
      if (call.name === '') continue
      if (call.input !== null) this.#endCustom(call, call.input)
      else this.#end(call)
    }
    this.#calls.length = 0
    this.#byKey.clear()
  }

  #callOf(delta: JsonObject, place: number): RunningCall {
    const id = typeof delta.id === 'string' ? delta.id : ''
    const keys = [`place ${place}`]
    if (id !== '') keys.unshift(`id ${id}`)
    if (typeof delta.index === 'number') keys.splice(0, keys.length, `index ${delta.index}`)
    const key = keys[0] ?? ''
    const known = this.#byKey.get(key)
    const call = known && !isAnother(known, delta, id) ? known : newCall()
    if (call !== known) this.#calls.push(call)
    for (const name of keys) this.#byKey.set(name, call)
    return call
  }

  #take(call: RunningCall, delta: JsonObject): void {
    const said = isObject(delta.function) ? delta.function : isObject(delta.custom) ? delta.custom : {}
    if (call.id === '' && typeof delta.id === 'string') call.id = delta.id
    if (call.name === '' && typeof said.name === 'string') call.name = said.name
    if (isObject(delta.extra_content)) call.extensions = callExtensions(delta)
    if (isObject(delta.custom) && !isObject(delta.function)) {
      call.input = (call.input ?? '') + (typeof said.input === 'string' ? said.input : '')
      return
    }
    const text = isObject(said.arguments) ? JSON.stringify(said.arguments) : said.arguments
    if (call.block === null && call.id !== '' && call.name !== '') this.#begin(call)
    if (typeof text === 'string' && text !== '') this.#argue(call, text)
  }

  #begin(call: RunningCall): number {
    this.#blocks.close()
    const index = this.#blocks.take()
    call.block = index
    this.#out.push({ type: 'tool-call-start', index, id: call.id, name: call.name, ...call.extensions })
    if (call.waiting !== '') this.#out.push({ type: 'tool-call-delta', index, arguments: call.waiting })
    return index
  }

  #argue(call: RunningCall, text: string): void {
    if (text.trim() !== '') call.hasArguments = true
    if (call.block === null) call.waiting += text
    else this.#out.push({ type: 'tool-call-delta', index: call.block, arguments: text })
  }

  #end(call: RunningCall): void {
    if (call.id === '') call.id = newId('call')
    const index = call.block ?? this.#begin(call)
    if (!call.hasArguments) this.#out.push({ type: 'tool-call-delta', index, arguments: '{}' })
    this.#out.push({ type: 'tool-call-end', index })
  }

  #endCustom(call: RunningCall, input: string): void {
    this.#blocks.close()
    const block = { id: call.id || newId('call'), type: 'custom', custom: { name: call.name, input } }
    this.#out.push({ type: 'opaque', index: this.#blocks.take(), dialect: 'openai-chat', block })
  }
}

/** Whether a delta under a known key opens another call: some hosts give every call the same index. */
function isAnother(known: RunningCall, delta: JsonObject, id: string): boolean {
  if (id === '' || known.id === '' || known.id === id) return false
  return isObject(delta.function) && typeof delta.function.name === 'string' && delta.function.name !== ''
}

function newCall(): RunningCall {
  return { id: '', name: '', block: null, waiting: '', hasArguments: false, extensions: {}, input: null }
}
