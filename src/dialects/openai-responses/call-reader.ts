import type { StreamEvent } from '../../canonical/stream-event.ts'
import { newId } from '../../lib/ids.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { CarriedCalls } from './carried-seal.ts'
import { callExtensions } from './items.ts'
import type { Blocks, ItemReader } from './stream-blocks.ts'

/** A function call. It is begun as soon as its name and id are known, which is at once but for a few hosts. */
export class CallReader implements ItemReader {
  readonly type = 'function_call'
  readonly #out: StreamEvent[]
  readonly #index: number
  readonly #carried: CarriedCalls
  #begun = false
  #ended = false
  /** Arguments that wait for the call to begin. */
  #waiting = ''
  /** How many characters of the arguments came. */
  #came = 0

  constructor(item: JsonObject, { out, takeIndex, carried }: Blocks) {
    this.#out = out
    this.#carried = carried
    this.#index = takeIndex()
    this.#begin(item)
    this.#rest(item.arguments)
  }

  step(type: string, data: JsonObject): void {
    if (this.#ended) return
    if (type === 'response.function_call_arguments.delta') this.#say(data.delta)
    else if (type === 'response.function_call_arguments.done') this.#rest(data.arguments)
  }

  done(item: JsonObject): void {
    if (this.#ended) return
    this.#begin(item)
    this.#rest(item.arguments)
    this.close()
  }

  /** A call that never had a name is left out. */
  close(): void {
    if (this.#ended) return
    this.#ended = true
    if (!this.#begun) return
    if (this.#came === 0) this.#out.push({ type: 'tool-call-delta', index: this.#index, arguments: '{}' })
    this.#out.push({ type: 'tool-call-end', index: this.#index })
  }

  #begin(item: JsonObject): void {
    const { call_id: id, name } = item
    if (this.#begun || typeof name !== 'string' || name === '') return
    this.#begun = true
    const call = { id: typeof id === 'string' && id !== '' ? id : newId('call'), name }
    const { extensions } = callExtensions(item)
    const sealed = this.#carried.sealed(call.id, extensions)
    this.#out.push({ type: 'tool-call-start', index: this.#index, ...call, ...sealed })
    const waiting = this.#waiting
    if (waiting !== '') this.#out.push({ type: 'tool-call-delta', index: this.#index, arguments: waiting })
  }

  #rest(text: JsonValue | undefined): void {
    if (typeof text === 'string') this.#say(text.slice(this.#came))
  }

  #say(text: JsonValue | undefined): void {
    if (typeof text !== 'string' || text === '') return
    this.#came += text.length
    if (this.#begun) this.#out.push({ type: 'tool-call-delta', index: this.#index, arguments: text })
    else this.#waiting += text
  }
}
