import type { StreamEvent } from '../../canonical/stream-event.ts'
import type { JsonObject } from '../../lib/json.ts'
import { sseText } from '../../lib/sse.ts'
import type { StreamEncoder, StreamEncoderOptions } from '../dialect.ts'
import { AnswerWriter } from './answer-writer.ts'

/** A fresh encoder for one reply stream. */
export function streamEncoder(options: StreamEncoderOptions): StreamEncoder {
  return new ResponsesStreamEncoder(options)
}

/** Writes each step of an answer as a numbered event, as it is told. */
class ResponsesStreamEncoder implements StreamEncoder {
  readonly #writer: AnswerWriter
  #number = 0
  #text = ''

  constructor({ id, model }: StreamEncoderOptions) {
    this.#writer = new AnswerWriter({ id, model }, (type, fields) => this.#tell(type, fields))
  }

  push(event: StreamEvent): string {
    this.#writer.push(event)
    return this.#taken()
  }

  end(): string {
    this.#writer.end()
    return this.#taken()
  }

  #tell(type: string, fields: JsonObject): void {
    this.#text += sseText(JSON.stringify({ type, sequence_number: this.#number, ...fields }), type)
    this.#number += 1
  }

  #taken(): string {
    const text = this.#text
    this.#text = ''
    return text
  }
}
