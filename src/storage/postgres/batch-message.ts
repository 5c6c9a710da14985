import { createHash } from 'node:crypto'
import type { Statement } from './statement.ts'

/*
 * Statements as PostgreSQL's protocol says them, in one piece: for each Bind and Execute of the portal without a name, and one Sync at the end. The
 * driver would make a buffer of each of these messages and write them one by one, which takes longer than all the rest of it.
 *
 * To understand and plan the statements of a settlement takes the server a millisecond, more than to run them. So each is said once to a connection (Parse),
 * under a name, and only named from then on. The name is made of the text, so a name never means two statements, whoever shares the connection. It is
 * closed before it is given, which is no error where it was not given: what an earlier failure left behind is not in the way.
 */

const LENGTH_BYTES = 4
/** `C`, length, that it is a statement, its name. */
const CLOSE_BYTES = 1 + LENGTH_BYTES + 1 + 1
/** `P`, length, name, the text, no types said. */
const PARSE_BYTES = 1 + LENGTH_BYTES + 1 + 1 + 2
/** `B`, length, no portal, the statement's name, all parameters as text, how many, all results as text. */
const BIND_BYTES = 1 + LENGTH_BYTES + 1 + 1 + 2 + 2 + 2
/** `E`, length, no portal, all rows. */
const EXECUTE_BYTES = 1 + LENGTH_BYTES + 1 + 4
/** `S`, length. */
const SYNC_BYTES = 1 + LENGTH_BYTES

const [CLOSE, PARSE, BIND, EXECUTE, SYNC] = Buffer.from('CPBES')
const STATEMENT = 0x53

/**
 * The messages that run statements as one transaction. `prepared` are the names that the connection knows, to which those are added that it is told now;
 * null to use no names.
 */
export function batchMessage(statements: readonly Statement[], prepared: Set<string> | null): Buffer {
  const steps = statements.map((statement) => stepOf(statement, prepared))
  let size = SYNC_BYTES
  for (const { name, isNew, text, values } of steps) {
    if (isNew && name !== '') size += CLOSE_BYTES + name.length
    if (isNew) size += PARSE_BYTES + name.length + Buffer.byteLength(text)
    size += BIND_BYTES + name.length + EXECUTE_BYTES
    for (const value of values) size += LENGTH_BYTES + Buffer.byteLength(value)
  }
  const message = new Message(size)
  for (const { name, isNew, text, values } of steps) {
    if (isNew && name !== '') {
      message.begin(CLOSE)
      message.byte(STATEMENT)
      message.name(name)
      message.end()
    }
    if (isNew) {
      message.begin(PARSE)
      message.name(name)
      message.name(text)
      message.int16(0)
      message.end()
    }

    message.begin(BIND)
    message.byte(0)
    message.name(name)
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

/** A statement with the name it has on the connection, or none, and whether the connection is yet to be told the text. */
interface Step extends Statement {
  readonly name: string
  readonly isNew: boolean
}

function stepOf(statement: Statement, prepared: Set<string> | null): Step {
  const name = prepared ? nameOf(statement.text) : ''
  const isNew = !prepared?.has(name)
  prepared?.add(name)
  return { ...statement, name, isNew }
}

const names = new Map<string, string>()

/** What a statement is called: always the same for the same text. */
function nameOf(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = `headgate_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
    names.set(text, name)
  }
  return name
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

  /** Text and the NUL that ends it. */
  name(value: string): void {
    this.#at += this.bytes.write(value, this.#at)
    this.byte(0)
  }

  /** A parameter: its length, then itself. */
  sized(value: string): void {
    const written = this.bytes.write(value, this.#at + LENGTH_BYTES)
    this.#at = this.bytes.writeInt32BE(written, this.#at) + written
  }
}
