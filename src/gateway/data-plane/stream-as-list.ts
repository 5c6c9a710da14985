/*
 * A stream as one JSON list, as Gemini writes it to callers who do not ask for events (`alt=sse`): each event is an item, an error in the stream the last one.
 *
 * It is no generator: one that is given up before its first step runs no `finally`, and the body below, which closes the books, would never be closed.
 */
import type { PathAsk } from '../../dialects/dialect.ts'
import { parseSseFrame, SseFramer } from '../../lib/sse.ts'
import type { HttpReply } from '../http-call.ts'

/** The content type of such a list. */
export const LIST_TYPE = 'application/json; charset=utf-8'

/** Whether a call is one of Gemini's streaming address that wants its stream as a list. `query` is the raw query string. */
export function isList(asked: PathAsk | null, query: string): boolean {
  return asked?.stream === true && new URLSearchParams(query).get('alt') !== 'sse'
}

/** The reply with its events as a JSON list; replies that are no stream stay as they are. */
export function streamAsList(reply: HttpReply): HttpReply {
  const { body, headers } = reply
  if (typeof body === 'string' || Buffer.isBuffer(body)) return reply
  return {
    ...reply,
    headers: { ...headers, 'content-type': LIST_TYPE },
    body: new EventList(body[Symbol.asyncIterator]()),
  }
}

const DONE: IteratorReturnResult<void> = { done: true, value: undefined }

class EventList implements AsyncIterableIterator<string, void, void> {
  readonly #source: AsyncIterator<string | Buffer>
  readonly #framer = new SseFramer()
  #items = 0
  #over = false

  constructor(source: AsyncIterator<string | Buffer>) {
    this.#source = source
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<string, void>> {
    while (!this.#over) {
      const { done, value } = await this.#source.next()
      if (done) {
        this.#over = true
        return { done: false, value: this.#items === 0 ? '[]' : ']' }
      }
      const text = this.#itemsIn(typeof value === 'string' ? Buffer.from(value) : value)
      if (text !== '') return { done: false, value: text }
    }
    return DONE
  }

  async return(): Promise<IteratorResult<string, void>> {
    this.#over = true
    await this.#source.return?.()
    return DONE
  }

  #itemsIn(chunk: Buffer): string {
    let text = ''
    for (const frame of this.#framer.push(chunk)) {
      const event = parseSseFrame(frame)
      if (!event || event.data === '') continue
      text += (this.#items === 0 ? '[' : ',\n') + event.data
      this.#items += 1
    }
    return text
  }
}
