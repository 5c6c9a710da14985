/*
 * Where the members of a JSON object stand in its bytes, found without parsing it. One pass over the bytes finds the members of the
 * outermost object; strings are left by searching their closing quote natively, and nesting is a counter, so depth costs no stack.
 *
 * Searching in a string costs a fifth of searching in a buffer, which leaves V8 for every search. So who has the text of the body as well hands it
 * in; it serves where every character is one byte, for then both count alike.
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

/** One member of the outermost object. */
export interface JsonMember {
  /** As it reads: `"mod\u0065l"` is `model`. */
  readonly key: string
  /** The opening quote of the key. */
  readonly start: number
  readonly valueStart: number
  /** One past the value. */
  readonly end: number
}

/** The members of a JSON object, in the order of its bytes. */
export interface JsonMembers {
  /** One past the opening brace. */
  readonly open: number
  readonly list: readonly JsonMember[]
}

/** A body, and its text where a place in one is the same place in the other. */
interface Source {
  readonly body: Buffer
  readonly text: string | null
}

/**
 * Finds the members; `text` is what the bytes read as in UTF-8, for who has it. Throws SyntaxError when the bytes are not a JSON
 * object; what lies inside the values is not checked.
 */
export function membersOf(body: Buffer, text: string | null = null): JsonMembers {
  // No character has less than a byte: as many characters as bytes are one byte each.
  const source = { body, text: text?.length === body.length ? text : null }
  const brace = afterSpace(body, 0)
  if (body[brace] !== OPEN_BRACE) throw notAnObject(brace)
  const list: JsonMember[] = []
  let position = afterSpace(body, brace + 1)
  while (body[position] !== CLOSE_BRACE) {
    if (list.length > 0) {
      if (body[position] !== COMMA) throw notAnObject(position)
      position = afterSpace(body, position + 1)
    }
    const member = memberAt(source, position)
    list.push(member)
    position = afterSpace(body, member.end)
  }
  return { open: brace + 1, list }
}

/** A key among `keys` that stands in the object more than once, or null. Parsers disagree on which of the two counts. */
export function duplicateKey({ list }: JsonMembers, keys: ReadonlySet<string>): string | null {
  // Those that count are few, however many members there are.
  const met: string[] = []
  for (const { key } of list) {
    if (!keys.has(key)) continue
    if (met.includes(key)) return key
    met.push(key)
  }
  return null
}

function memberAt(source: Source, start: number): JsonMember {
  const { body } = source
  if (body[start] !== QUOTE) throw notAnObject(start)
  const keyEnd = afterString(source, start)
  const colon = afterSpace(body, keyEnd)
  if (body[colon] !== COLON) throw notAnObject(colon)
  const valueStart = afterSpace(body, colon + 1)
  return { key: keyText(body, start, keyEnd), start, valueStart, end: afterValue(source, valueStart) }
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
function afterString({ body, text }: Source, open: number): number {
  if (text !== null) return afterText(body, text, open)
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

/** The same in the text of the body. */
function afterText(body: Buffer, text: string, open: number): number {
  const first = open + 1
  for (let quote = text.indexOf('"', first); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slash = quote
    while (slash > first && body[slash - 1] === BACKSLASH) slash -= 1
    if ((quote - slash) % 2 === 0) return quote + 1
  }
  throw notAnObject(open)
}

/** One past the value that starts at `start`. */
function afterValue(source: Source, start: number): number {
  const { body } = source
  const first = body[start]
  if (first === QUOTE) return afterString(source, start)
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return afterNested(source, start)
  let end = start
  while (end < body.length && !endsScalar(body[end])) end += 1
  if (end === start) throw notAnObject(start)
  return end
}

/** One past the bracket that closes the list or object that opens at `start`. */
function afterNested(source: Source, start: number): number {
  const { body } = source
  let depth = 0
  let position = start
  while (position < body.length) {
    switch (body[position]) {
      case QUOTE:
        position = afterString(source, position)
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
