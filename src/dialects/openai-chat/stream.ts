/*
 * Chunks of a streamed chat completion as canonical events.
 *
 * The answer is whole when a finish reason came; the `[DONE]` after it is a courtesy that some hosts leave out. A few hosts never
 * send a finish reason, and there `[DONE]` after content is the sign. The end of the bytes alone is none: without
 * either of the two no `message-end` is given. Usage may come before, with or after the finish, alone or in every chunk.
 */
import type { StreamEvent } from '../../canonical/stream-event.ts'
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts'
import type { SseEvent } from '../../lib/sse.ts'
import type { StreamDecoder } from '../dialect.ts'
import { errorIn, errorOfEvent } from './error.ts'
import { decodeFinish, finishReasonOf } from './finish-reason.ts'
import { detailText, reasoningDetails, reasoningText } from './reasoning.ts'
import { decodeAnswerContent, decodeHead, firstChoice } from './response.ts'
import { StreamBlocks } from './stream-blocks.ts'
import { StreamToolCalls } from './stream-tool-calls.ts'
import { decodeUsage } from './usage.ts'

/** A fresh decoder for one upstream stream; only the first choice counts. */
export function streamDecoder(): StreamDecoder {
  return new ChatStreamDecoder()
}

class ChatStreamDecoder implements StreamDecoder {
  malformed = 0
  #out: StreamEvent[] = []
  readonly #blocks = new StreamBlocks(this.#out)
  readonly #calls = new StreamToolCalls(this.#out, this.#blocks)
  #started = false
  #finished = false
  #failed = false

  push(event: SseEvent): readonly StreamEvent[] {
    if (this.#failed || event.data === '') return []
    if (event.data.trim() === '[DONE]') return this.#doneMarker()
    if (event.event === 'error') return this.#fail(errorOfEvent(event.data))
    const chunk = parseJson(event.data)
    if (!isObject(chunk)) {
      this.malformed += 1
      return []
    }
    const error = errorIn(chunk)
    if (error) return this.#fail(error)
    this.#take(chunk)
    return this.#flush()
  }

  end(): readonly StreamEvent[] {
    if (!this.#failed && !this.#finished) {
      this.#blocks.close()
      this.#calls.close()
    }
    return this.#flush()
  }

  #doneMarker(): readonly StreamEvent[] {
    if (this.#blocks.count > 0 || this.#calls.any) this.#finish({})
    return this.#flush()
  }

  #take(chunk: JsonObject): void {
    if (chunk.choices !== undefined && chunk.choices !== null && !Array.isArray(chunk.choices)) this.malformed += 1
    const choice = firstChoice(chunk)
    const delta = deltaOf(choice)
    if (choice) this.#start(chunk)
    if (delta && !this.#finished) this.#takeDelta(delta)
    const usage = usageOf(chunk, choice)
    if (usage) {
      this.#start(chunk)
      this.#out.push({ type: 'usage', usage: decodeUsage(usage, chunk) })
    }
    if (choice && finishReasonOf(choice) !== undefined) this.#finish(choice)
  }

  #start(chunk: JsonObject): void {
    if (this.#started) return
    this.#started = true
    this.#out.push({ type: 'message-start', ...decodeHead(chunk) })
  }

  #takeDelta(delta: JsonObject): void {
    this.#takeReasoning(delta)
    for (const part of decodeAnswerContent(delta.content)) {
      if (part.type === 'text' || part.type === 'reasoning' || part.type === 'refusal')
        this.#blocks.say(part.type, part.text)
    }
    if (typeof delta.refusal === 'string') this.#blocks.say('refusal', delta.refusal)
    if (isObject(delta.audio) && typeof delta.audio.transcript === 'string') {
      this.#blocks.say('text', delta.audio.transcript)
    }
    if (Array.isArray(delta.tool_calls)) this.#calls.push(delta.tool_calls)
    else if (isObject(delta.function_call)) this.#calls.pushLegacy(delta.function_call)
  }

  /** Details repeat the plain text; only where they have none of their own does the text count. */
  #takeReasoning(delta: JsonObject): void {
    const details = reasoningDetails(delta)
    if (!details.some((entry) => detailText(entry) !== '')) this.#blocks.say('reasoning', reasoningText(delta))
    for (const entry of details) this.#blocks.detail(entry)
  }

  #finish(choice: JsonObject): void {
    if (this.#finished) return
    this.#finished = true
    const calledTools = this.#calls.any
    this.#blocks.close()
    this.#calls.close()
    this.#out.push({ type: 'message-end', ...decodeFinish(choice, calledTools) })
  }

  #fail(error: Extract<StreamEvent, { type: 'error' }>['error']): readonly StreamEvent[] {
    this.#failed = true
    this.#out.push({ type: 'error', error })
    return this.#flush()
  }

  #flush(): readonly StreamEvent[] {
    return this.#out.splice(0)
  }
}

/** What a choice adds. Hosts that put the whole `message` into a chunk mean it only where there is no delta. */
function deltaOf(choice: JsonObject | undefined): JsonObject | undefined {
  if (isObject(choice?.delta)) return choice.delta
  return isObject(choice?.message) ? choice.message : undefined
}

/** The usage of a chunk: its own, in the choice (Moonshot) or among the host's fields (Groq). */
function usageOf(chunk: JsonObject, choice: JsonObject | undefined): JsonObject | undefined {
  if (isObject(chunk.usage)) return chunk.usage
  if (isObject(choice?.usage)) return choice.usage
  return isObject(chunk.x_groq) && isObject(chunk.x_groq.usage) ? chunk.x_groq.usage : undefined
}
