/*
 * Chunks of a streamed answer as canonical events.
 *
 * Each chunk is a whole answer of its own kind: candidates with some parts, and the usage so far. There are no blocks, so a text ends where another kind of
 * part begins. A text or thought with a signature is a part of its own and never grows, because Google wants parts with and without signatures kept
 * apart. The answer is whole with its finish reason, or with the word that its prompt was blocked; there is no marker behind it.
 */
import type { StreamError, StreamEvent } from '../../canonical/stream-event.ts'
import { parseExactJson } from '../../lib/exact-json.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { SseEvent } from '../../lib/sse.ts'
import type { StreamDecoder } from '../dialect.ts'
import { aboutCandidate, decodeAnswerPart } from './answer-parts.ts'
import { newCallId } from './call-ids.ts'
import { isCarried } from './carried-seals.ts'
import { errorIn } from './error.ts'
import { asExtensions, ownExtensions } from './extensions.ts'
import { othersOf } from './fields.ts'
import { decodeBlock, decodeFinish, type Finish, finishWordOf } from './finish-reason.ts'
import { isPiece, PartialCall } from './partial-call.ts'
import { decodeHead, firstCandidate, partsOf } from './response.ts'
import { fromWireName } from './tool-names.ts'
import { StreamUsage } from './usage.ts'

type SaidPart = Extract<ReturnType<typeof decodeAnswerPart>, { readonly type: 'text' | 'reasoning' }>

/** A block of text or thoughts that is being told. */
interface OpenBlock {
  readonly part: SaidPart
  readonly index: number
  /** Whether its part was whole, so that nothing may be added. */
  readonly isWhole: boolean
}

/** The state of one upstream stream; only the first candidate counts. */
export class GeminiStreamDecoder implements StreamDecoder {
  malformed = 0
  #out: StreamEvent[] = []
  #blocks = 0
  #open: OpenBlock | null = null
  #partial: { readonly call: PartialCall; readonly index: number } | null = null
  #called = false
  readonly #usage = new StreamUsage()
  /** What was said of the candidate besides its content. */
  #about: JsonObject = {}
  #started = false
  #finished = false
  #failed = false

  push(event: SseEvent): readonly StreamEvent[] {
    if (this.#failed || event.data === '' || event.data === '[DONE]') return []
    const chunk = parseExactJson(event.data)
    const error = errorIn(chunk)
    if (error) return this.#fail(error)
    if (isObject(chunk)) this.#take(chunk)
    else this.malformed += 1
    return this.#out.splice(0)
  }

  end(): readonly StreamEvent[] {
    if (!this.#failed && !this.#finished) this.#closeAll()
    return this.#out.splice(0)
  }

  #take(chunk: JsonObject): void {
    if (!this.#started) this.#out.push({ type: 'message-start', ...decodeHead(chunk) })
    this.#started = true
    const candidate = firstCandidate(chunk)
    if (candidate && !this.#finished) {
      this.#about = { ...this.#about, ...aboutCandidate(candidate) }
      for (const part of partsOf(candidate)) this.#takePart(part)
    }
    const usage = this.#usage.take(chunk, candidate)
    if (usage) this.#out.push({ type: 'usage', usage })
    const word = candidate && finishWordOf(candidate)
    const blocked = candidate ? null : decodeBlock(chunk.promptFeedback)
    if (word !== undefined) this.#finish(decodeFinish(word, this.#called))
    else if (blocked) this.#finish(blocked)
  }

  #takePart(value: JsonValue): void {
    if (isObject(value) && isObject(value.functionCall) && isPiece(value.functionCall)) {
      this.#takePiece(value, value.functionCall)
      return
    }
    let part: ReturnType<typeof decodeAnswerPart>
    try {
      part = decodeAnswerPart(value, 'parts')
    } catch {
      this.malformed += 1
      return
    }
    if (part.type === 'text' || part.type === 'reasoning') this.#say(part)
    else if (part.type === 'tool-call') {
      const { type: _, arguments: args, ...call } = part
      const index = this.#begin()
      this.#called = true
      this.#out.push({ type: 'tool-call-start', index, ...call })
      this.#out.push({ type: 'tool-call-delta', index, arguments: args }, { type: 'tool-call-end', index })
    } else if (part.type === 'opaque') {
      this.#out.push({ type: 'opaque', index: this.#begin(), dialect: part.dialect, block: part.block })
    }
  }

  #say(part: SaidPart): void {
    const isWhole = part.type === 'text' ? part.extensions !== undefined : part.signature !== undefined
    if (part.text === '' && !isWhole) return
    if (this.#sealsOpen(part)) return
    const goesOn = this.#open?.part.type === part.type && !this.#open.isWhole && !isWhole
    if (!goesOn || !this.#open) {
      const index = this.#begin()
      this.#open = { part, index, isWhole }
      if (part.type === 'text') this.#out.push({ type: 'text-start', index })
      else this.#out.push({ type: 'reasoning-start', index, ...(part.origin ? { origin: part.origin } : {}) })
    }
    if (part.text !== '') this.#out.push({ type: `${part.type}-delta`, index: this.#open.index, text: part.text })
  }

  /** The seal of another vendor comes behind the text of its thought. */
  #sealsOpen(part: SaidPart): boolean {
    const open = this.#open
    if (part.type !== 'reasoning' || part.text !== '' || !isCarried(part.signature)) return false
    if (open?.part.type !== 'reasoning' || open.isWhole) return false
    this.#open = { ...open, part, isWhole: true }
    return true
  }

  /** One piece of a call that comes argument by argument. */
  #takePiece(part: JsonObject, call: JsonObject): void {
    if (typeof call.name === 'string') {
      const index = this.#begin()
      const id = typeof call.id === 'string' && call.id !== '' ? call.id : newCallId()
      const extensions = asExtensions(othersOf(part, PIECE))
      this.#partial = { call: new PartialCall(), index }
      this.#called = true
      this.#out.push({ type: 'tool-call-start', index, id, name: fromWireName(call.name), ...extensions })
    }
    this.#partial?.call.take(call)
    if (call.willContinue !== true) this.#endPartial()
  }

  #endPartial(): void {
    if (!this.#partial) return
    const { call, index } = this.#partial
    this.#partial = null
    this.#out.push({ type: 'tool-call-delta', index, arguments: call.arguments }, { type: 'tool-call-end', index })
  }

  /** The index of a new block; the running one ends. */
  #begin(): number {
    this.#close({})
    this.#endPartial()
    this.#blocks += 1
    return this.#blocks - 1
  }

  #close(about: JsonObject): void {
    if (!this.#open) return
    const { part, index } = this.#open
    this.#open = null
    if (part.type === 'reasoning') {
      this.#out.push({ type: 'reasoning-end', index, ...(part.signature ? { signature: part.signature } : {}) })
      return
    }
    const own = ownExtensions(part.extensions)
    const fields = Object.keys(about).length > 0 ? { ...own, candidate: about } : own
    this.#out.push({ type: 'text-end', index, ...asExtensions(Object.keys(fields).length > 0 ? fields : undefined) })
  }

  #closeAll(): void {
    this.#close(this.#about)
    this.#endPartial()
  }

  #finish(finish: Finish): void {
    if (this.#finished) return
    this.#finished = true
    this.#closeAll()
    this.#out.push({ type: 'message-end', ...finish })
  }

  #fail(error: StreamError): readonly StreamEvent[] {
    this.#failed = true
    return [...this.#out.splice(0), { type: 'error', error }]
  }
}

const PIECE = new Set(['functionCall'])
