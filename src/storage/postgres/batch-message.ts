import type { Statement } from './statement.ts'

/*
 * Statements as PostgreSQL's protocol says them, in one piece: for each Parse, Bind and Execute of the statement and the portal without a name, and one
 * Sync at the end. The driver would make a buffer of each of these messages and write them one by one, which takes longer than all the rest of it.
 */

const LENGTH_BYTES = 4
/** `P`, length, no name, the text, no types said. */
const PARSE_BYTES = 1 + LENGTH_BYTES + 1 + 1 + 2
/** `B`, length, no portal, no statement, all parameters as text, how many, all results as text. */
const BIND_BYTES = 1 + LENGTH_BYTES + 1 + 1 + 2 + 2 + 2
/** `E`, length, no portal, all rows. */
const EXECUTE_BYTES = 1 + LENGTH_BYTES + 1 + 4
/** `S`, length. */
const SYNC_BYTES = 1 + LENGTH_BYTES

const [PARSE, BIND, EXECUTE, SYNC] = Buffer.from('PBES')

/** The messages that run statements as one transaction. */
export function batchMessage(statements: readonly Statement[]): Buffer {
  let size = SYNC_BYTES
  for (const { text, values } of statements) {
    size += PARSE_BYTES + Buffer.byteLength(text) + BIND_BYTES + EXECUTE_BYTES
    for (const value of values) size += LENGTH_BYTES + Buffer.byteLength(value)
  }
  const message = new Message(size)
  for (const { text, values } of statements) {
    message.begin(PARSE)
    message.byte(0)
    message.text(text)
    message.byte(0)
    message.int16(0)
    message.end()

    message.begin(BIND)
    message.byte(0)
    message.byte(0)
    message.int16(0)
    message.int16(values.length)
    for (const value of values) message.sized(value)
    message.int16(0)
    message.end()

    message.begin(EXECUTE)
    message.byte(0)
    message.int32(0)
    message.end()
  }
  message.begin(SYNC)
  message.end()
  return message.bytes
}

/** Bytes that are filled from the front. */
class Message {
  readonly bytes: Buffer
  #at = 0
  /** Where the length of the message that was begun stands. */
  #lengthAt = 0

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size)
  }

  begin(kind = 0): void {
    this.byte(kind)
    this.#lengthAt = this.#at
    this.#at += LENGTH_BYTES
  }

  /** The length counts itself, but not the letter before it. */
  end(): void {
    this.bytes.writeInt32BE(this.#at - this.#lengthAt, this.#lengthAt)
  }

  byte(value: number): void {
    this.bytes[this.#at] = value
    this.#at += 1
  }

  int16(value: number): void {
    this.#at = this.bytes.writeInt16BE(value, this.#at)
  }

  int32(value: number): void {
    this.#at = this.bytes.writeInt32BE(value, this.#at)
  }

  text(value: string): void {
    this.#at += this.bytes.write(value, this.#at)
  }

  /** A parameter: its length, then itself. */
  sized(value: string): void {
    const written = this.bytes.write(value, this.#at + LENGTH_BYTES)
    this.#at = this.bytes.writeInt32BE(written, this.#at) + written
  }
}
