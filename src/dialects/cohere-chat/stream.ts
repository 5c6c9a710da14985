/*
 * Events of a streamed answer as canonical events.
 *
 * `message-end` is the sign of completion; nothing but an optional `[DONE]` follows it. Content blocks and tool calls are counted apart, each
 * from 0. Citations name a text that may be over already, so a text ends only where the next block begins or the message ends.
 */
import type { StreamError, StreamEvent } from '../../canonical/stream-event.ts'
import { newId } from '../../lib/ids.ts'
import { isObject, type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import type { SseEvent } from '../../lib/sse.ts'
import type { StreamDecoder } from '../dialect.ts'
import { errorIn } from './error.ts'
import { asExtensions } from './extensions.ts'
import { decodeFinish } from './finish-reason.ts'
import { decodeUsage } from './usage.ts'

/** A fresh decoder for one upstream stream. */
export function streamDecoder(): StreamDecoder {
  return new CohereStreamDecoder()
}

/** A tool call that has not ended. */
interface RunningCall {
  readonly block: number
  hasArguments: boolean
}

class CohereStreamDecoder implements StreamDecoder {
  malformed = 0
  #out: StreamEvent[] = []
  #count = 0
  #started = false
  #over = false
  /** The text or reasoning that is being told. */
  #open: { readonly kind: 'text' | 'reasoning'; readonly block: number; readonly key: string } | null = null
  #citations: JsonObject[] = []
  #calledTools = false
  readonly #calls = new Map<JsonValue, RunningCall>()

  push(event: SseEvent): readonly StreamEvent[] {
    if (this.#over || event.data === '' || event.data.trim() === '[DONE]') return []
    const data = parseJson(event.data)
    const error = errorIn(event, data)
    if (error) return this.#fail(error)
    if (!isObject(data)) {
      this.malformed += 1
      return []
    }
    this.#take(data)
    return this.#flush()
  }

  end(): readonly StreamEvent[] {
    if (!this.#over) this.#close()
    return this.#flush()
  }

  #take(data: JsonObject): void {
    const delta = isObject(data.delta) ? data.delta : {}
    const message = isObject(delta.message) ? delta.message : {}
    const index = data.index ?? 0
    switch (data.type) {
      case 'message-start':
        this.#start(data)
        break
      case 'content-start':
      case 'content-delta':
        this.#content(single(message.content), `content ${index}`)
        break
      case 'tool-plan-delta':
        this.#say('reasoning', textOf(message.tool_plan), 'plan')
        break
      case 'tool-call-start':
        this.#beginCall(single(message.tool_calls), index)
        break
      case 'tool-call-delta':
        this.#argue(single(message.tool_calls), index)
        break
      case 'tool-call-end':
        this.#endCall(index)
        break
      case 'citation-start':
        this.#citations.push(single(message.citations))
        break
      case 'message-end':
        this.#finish(delta)
        break
    }
  }

  #start(data: JsonObject): void {
    if (this.#started) return
    this.#started = true
    const { id, model } = data
    this.#out.push({
      type: 'message-start',
      ...(typeof id === 'string' && id !== '' ? { id } : {}),
      ...(typeof model === 'string' && model !== '' ? { model } : {}),
    })
  }

  /** The key tells one block from the next of its kind. */
  #content(content: JsonObject, key: string): void {
    this.#say('reasoning', textOf(content.thinking), key)
    this.#say('text', textOf(content.text), key)
  }

  #say(kind: 'text' | 'reasoning', text: string, key: string): void {
    if (text === '') return
    this.#start({})
    if (this.#open?.kind !== kind || this.#open.key !== key) {
      this.#closeOpen()
      this.#open = { kind, block: this.#count++, key }
      this.#out.push({ type: `${kind}-start`, index: this.#open.block })
    }
    this.#out.push({ type: `${kind}-delta`, index: this.#open.block, text })
  }

  #closeOpen(): void {
    const open = this.#open
    this.#open = null
    if (!open) return
    const cited = open.kind === 'text' && this.#citations.length > 0
    const citations = cited ? asExtensions({ citations: this.#citations.splice(0) }) : {}
    this.#out.push({ type: `${open.kind}-end`, index: open.block, ...citations })
  }

  #beginCall(call: JsonObject, key: JsonValue): void {
    const { name, arguments: given } = isObject(call.function) ? call.function : {}
    if (typeof name !== 'string' || name === '') return
    this.#start({})
    this.#closeOpen()
    const running = { block: this.#count++, hasArguments: false }
    this.#calls.set(key, running)
    this.#calledTools = true
    const id = typeof call.id === 'string' && call.id !== '' ? call.id : newId('call')
    this.#out.push({ type: 'tool-call-start', index: running.block, id, name })
    this.#write(running, textOf(given))
  }

  #argue(call: JsonObject, key: JsonValue): void {
    const running = this.#calls.get(key)
    if (running && isObject(call.function)) this.#write(running, textOf(call.function.arguments))
  }

  #write(running: RunningCall, text: string): void {
    if (text === '') return
    if (text.trim() !== '') running.hasArguments = true
    this.#out.push({ type: 'tool-call-delta', index: running.block, arguments: text })
  }

  #endCall(key: JsonValue): void {
    const running = this.#calls.get(key)
    if (!running) return
    this.#calls.delete(key)
    if (!running.hasArguments) this.#out.push({ type: 'tool-call-delta', index: running.block, arguments: '{}' })
    this.#out.push({ type: 'tool-call-end', index: running.block })
  }

  #finish(delta: JsonObject): void {
    this.#start({})
    this.#close()
    if (isObject(delta.usage)) this.#out.push({ type: 'usage', usage: decodeUsage(delta.usage) })
    const word = typeof delta.finish_reason === 'string' ? delta.finish_reason : undefined
    this.#out.push({ type: 'message-end', ...decodeFinish(word, this.#calledTools) })
    this.#over = true
  }

  #close(): void {
    this.#closeOpen()
    for (const key of [...this.#calls.keys()]) this.#endCall(key)
  }

  #fail(error: StreamError): readonly StreamEvent[] {
    this.#over = true
    this.#out.push({ type: 'error', error })
    return this.#flush()
  }

  #flush(): readonly StreamEvent[] {
    return this.#out.splice(0)
  }
}

/** Deltas hold one object where whole messages hold a list; a list of one is understood too. */
function single(value: JsonValue | undefined): JsonObject {
  const [first] = Array.isArray(value) ? value : [value]
  return isObject(first) ? first : {}
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
