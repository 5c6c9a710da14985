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

/** A message's letter and its length. */
const HEAD_BYTES = 5
const LENGTH_BYTES = 4
const [CLOSE, PARSE, BIND, EXECUTE, SYNC] = Buffer.from('CPBES')
/** Of a Bind after its parameters: all results as text. Of an Execute: no portal, all rows. */
const ALL_AS_TEXT = '\0\0'
const ALL_ROWS = '\0\0\0\0\0'

/**
 * The messages that run statements as one transaction. `prepared` are the names that the connection knows, to which those are added that it is told now;
 * null to use no names.
 */
export function batchMessage(statements: readonly Statement[], prepared: Set<string> | null): Buffer {
  let size = HEAD_BYTES
  for (const { text, values } of statements) {
    const { name, bind } = saidOf(text, values.length, prepared !== null)
    if (!prepared?.has(name)) size += tellingBytes(name, text)
    size += HEAD_BYTES + bind.length + ALL_AS_TEXT.length + HEAD_BYTES + ALL_ROWS.length
    for (const value of values) size += LENGTH_BYTES + Buffer.byteLength(value)
  }
  // A statement that comes twice in one batch is told once, and has room for twice.
  const message = new Message(size)
  for (const { text, values } of statements) {
    const { name, bind } = saidOf(text, values.length, prepared !== null)
    if (!prepared?.has(name)) tell(message, name, text)
    prepared?.add(name)
    message.begin(BIND)
    message.say(bind)
    for (const value of values) message.sized(value)
    message.say(ALL_AS_TEXT)
    message.end()
    message.begin(EXECUTE)
    message.say(ALL_ROWS)
    message.end()
  }
  message.begin(SYNC)
  message.end()
  return message.written
}

/** Closes the name and says what it means from now on. A statement without a name is not closed. */
function tell(message: Message, name: string, text: string): void {
  if (name !== '') {
    message.begin(CLOSE)
    message.say(`S${name}\0`)
    message.end()
  }
  message.begin(PARSE)
  message.say(`${name}\0`)
  message.say(text)
  // No types are said.
  message.say('\0\0\0')
  message.end()
}

function tellingBytes(name: string, text: string): number {
  return 2 * (HEAD_BYTES + name.length) + Buffer.byteLength(text) + 6
}

/** How a statement is called, and the beginning of its Bind: no portal, its name, all parameters as text, how many (fewer than 128). */
interface Said {
  readonly name: string
  readonly bind: string
}

const named = new Map<string, Said>()

/** Always the same for the same text. */
function saidOf(text: string, parameters: number, hasName: boolean): Said {
  if (!hasName) return { name: '', bind: `\0\0\0\0\0${String.fromCharCode(parameters)}` }
  let said = named.get(text)
  if (said === undefined) {
    const name = `headgate_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
    said = { name, bind: `\0${name}\0\0\0\0${String.fromCharCode(parameters)}` }
    named.set(text, said)
  }
  return said
}

/** Bytes that are filled from the front. */
class Message {
  readonly #bytes: Buffer
  #at = 0
  /** Where the length of the message that was begun stands. */
  #lengthAt = 0

  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafe(size)
  }

  get written(): Buffer {
    return this.#at === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#at)
  }

  begin(letter = 0): void {
    this.#bytes[this.#at] = letter
    this.#lengthAt = this.#at + 1
    this.#at += HEAD_BYTES
  }

  /** The length counts itself, but not the letter before it. */
  end(): void {
    this.#length(this.#at - this.#lengthAt, this.#lengthAt)
  }

  say(text: string): void {
    this.#at += this.#bytes.write(text, this.#at)
  }

  /** A parameter: its length, then itself. */
  sized(value: string): void {
    const from = this.#at
    this.#at += LENGTH_BYTES
    this.say(value)
    this.#length(this.#at - from - LENGTH_BYTES, from)
  }

  #length(value: number, at: number): void {
    this.#bytes[at] = value >>> 24
    this.#bytes[at + 1] = value >>> 16
    this.#bytes[at + 2] = value >>> 8
    this.#bytes[at + 3] = value
  }
}
