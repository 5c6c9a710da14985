import type { JsonValue } from './json.ts'

/*
 * Edits on the bytes of a JSON object, without parsing it: what is not named keeps its number spelling, its white space
 * and the order of its keys. One pass over the bytes finds the members of the outermost object; strings are left by
 * searching their closing quote natively, and nesting is a counter, so depth costs no stack.
 */

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const COLON = 0x3a
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const SPACE = 0x20
const NEAR_BYTES = 48

/** Changes to the top-level fields of a JSON object; everything else keeps its bytes. */
export interface TopLevelEdits {
  readonly set: Readonly<Record<string, JsonValue>>
  readonly remove: readonly string[]
}

/**
 * The object with its top-level fields changed: `set` replaces a value where it stands or appends the field,
 * `remove` takes the field out; a field in both is removed. Every occurrence of a repeated key is changed.
 * Nothing to change gives the same buffer. Throws SyntaxError when the bytes are not a JSON object;
 * what lies inside the values is not checked.
 */
export function editTopLevel(body: Buffer, edits: TopLevelEdits): Buffer {
  const pieces: Buffer[] = []
  const replaced: string[] = []
  /** Everything before this byte is in `pieces` or was cut. */
  let done = 0
  let lastKeptEnd = -1
  let cutFrom = -1
  const members = new MemberReader(body)
  while (members.next()) {
    const key = members.key
    if (edits.remove.includes(key)) {
      if (cutFrom === -1) cutFrom = members.start
      continue
    }
    if (cutFrom !== -1) {
      pieces.push(body.subarray(done, cutFrom))
      done = members.start
      cutFrom = -1
    }
    const value = Object.hasOwn(edits.set, key) ? edits.set[key] : undefined
    if (value !== undefined) {
      pieces.push(body.subarray(done, members.valueStart), Buffer.from(JSON.stringify(value)))
      done = members.end
      replaced.push(key)
    }
    lastKeptEnd = members.end
  }
  const text = appended(edits, replaced)
  if (cutFrom !== -1 || text !== '') {
    pieces.push(body.subarray(done, lastKeptEnd === -1 ? (cutFrom === -1 ? members.end : cutFrom) : lastKeptEnd))
    done = members.end
    if (text !== '') pieces.push(Buffer.from(lastKeptEnd === -1 ? text : `,${text}`))
  }
  if (pieces.length === 0) return body
  pieces.push(body.subarray(done))
  return Buffer.concat(pieces)
}

/**
 * A top-level key among `keys` that stands in the object more than once, or null. Parsers disagree on which of the
 * two counts. Keys are compared as they read, so `"mod\u0065l"` is `model`. Throws SyntaxError as `editTopLevel` does.
 */
export function duplicateKey(body: Buffer, keys: ReadonlySet<string>): string | null {
  const met = new Set<string>()
  const members = new MemberReader(body)
  while (members.next()) {
    if (!keys.has(members.key)) continue
    if (met.has(members.key)) return members.key
    met.add(members.key)
  }
  return null
}

/** The fields of `set` that the object did not have, as JSON text; empty when there are none. */
function appended(edits: TopLevelEdits, replaced: readonly string[]): string {
  let text = ''
  for (const [key, value] of Object.entries(edits.set)) {
    if (replaced.includes(key) || edits.remove.includes(key)) continue
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(value)}`
  }
  return text
}

/** Walks over the members of the outermost object. The fields tell of the member that the last `next` found. */
class MemberReader {
  key = ''
  /** The opening quote of the key. */
  start = 0
  valueStart = 0
  /** One past the value. Before the first member: one past the opening brace. */
  end: number
  readonly #body: Buffer
  #first = true

  constructor(body: Buffer) {
    this.#body = body
    const open = afterSpace(body, 0)
    if (body[open] !== OPEN_BRACE) throw notAnObject(open)
    this.end = open + 1
  }

  /** Moves to the next member; false at the closing brace. */
  next(): boolean {
    let position = afterSpace(this.#body, this.end)
    if (this.#body[position] === CLOSE_BRACE) return false
    if (!this.#first) {
      if (this.#body[position] !== COMMA) throw notAnObject(position)
      position = afterSpace(this.#body, position + 1)
    }
    this.#first = false
    if (this.#body[position] !== QUOTE) throw notAnObject(position)
    const keyEnd = afterString(this.#body, position)
    const colon = afterSpace(this.#body, keyEnd)
    if (this.#body[colon] !== COLON) throw notAnObject(colon)
    this.start = position
    this.key = keyText(this.#body, position, keyEnd)
    this.valueStart = afterSpace(this.#body, colon + 1)
    this.end = afterValue(this.#body, this.valueStart)
    return true
  }
}

function keyText(body: Buffer, start: number, end: number): string {
  const text = body.toString('utf8', start + 1, end - 1)
  return text.includes('\\') ? String(JSON.parse(`"${text}"`)) : text
}

function afterSpace(body: Buffer, from: number): number {
  let position = from
  for (; position < body.length; position += 1) {
    const byte = body[position]
    if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
  }
  return position
}

/**
 * One past the closing quote of the string that opens at `open`. The next quote is looked for by hand nearby and natively
 * beyond: text full of escaped quotes (JSON inside a string) would otherwise pay a native call for each of them.
 */
function afterString(body: Buffer, open: number): number {
  let position = open + 1
  while (position < body.length) {
    const near = Math.min(position + NEAR_BYTES, body.length)
    while (position < near && body[position] !== QUOTE && body[position] !== BACKSLASH) position += 1
    if (position < near && body[position] === QUOTE) return position + 1
    if (position < near) {
      position += 2
      continue
    }
    const quote = body.indexOf(QUOTE, position)
    if (quote === -1) break
    let slash = quote
    while (slash > position && body[slash - 1] === BACKSLASH) slash -= 1
    if ((quote - slash) % 2 === 0) return quote + 1
    position = quote + 1
  }
  throw notAnObject(open)
}

/** One past the value that starts at `start`. */
function afterValue(body: Buffer, start: number): number {
  const first = body[start]
  if (first === QUOTE) return afterString(body, start)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return afterNested(body, start)
  let end = start
  while (end < body.length && !endsScalar(body[end])) end += 1
  if (end === start) throw notAnObject(start)
  return end
}

/** One past the bracket that closes the list or object that opens at `start`. */
function afterNested(body: Buffer, start: number): number {
  let depth = 0
  let position = start
  while (position < body.length) {
    switch (body[position]) {
      case QUOTE:
        position = afterString(body, position)
        continue
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1
        if (depth === 0) return position + 1
    }
    position += 1
  }
  throw notAnObject(start)
}

function endsScalar(byte: number | undefined): boolean {
  return byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || (byte !== undefined && byte <= SPACE)
}

function notAnObject(position: number): SyntaxError {
  return new SyntaxError(`not a JSON object: unexpected byte at ${position}`)
}
