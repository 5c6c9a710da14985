/*
 * Where the members of a JSON object stand in its bytes, found without parsing it. One pass finds the members of the outermost object; strings are
 * left by searching their closing quote natively, and nesting is a counter, so depth costs no stack.
 *
 * It is a text that is passed over, in which each byte is one character: searching in a buffer leaves V8 for every search and costs five times as much.
 * The text of the body in UTF-8 serves where it has as many characters as bytes, for no character has less than a byte. Else the bytes are read as Latin-1.
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
/** A longer slice of a text is no copy in V8, but keeps all of the text in memory. */
const LONGEST_COPY = 12

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
  /** How many objects and lists are in one another at most; 1 when no value is one. */
  readonly levels: number
}

/**
 * Finds the members; `text` is what the bytes read as in UTF-8, for who has it. Throws SyntaxError when the bytes are not a JSON
 * object; what lies inside the values is not checked.
 */
export function membersOf(body: Buffer, text: string | null = null): JsonMembers {
  const isOwn = text?.length === body.length
  const source = isOwn ? text : body.toString('latin1')
  const brace = afterSpace(source, 0)
  if (source.charCodeAt(brace) !== OPEN_BRACE) throw notAnObject(brace)
  const list: JsonMember[] = []
  let deepest = 0
  let position = afterSpace(source, brace + 1)
  while (source.charCodeAt(position) !== CLOSE_BRACE) {
    if (list.length > 0) {
      if (source.charCodeAt(position) !== COMMA) throw notAnObject(position)
      position = afterSpace(source, position + 1)
    }
    const start = position
    if (source.charCodeAt(start) !== QUOTE) throw notAnObject(start)
    const keyEnd = afterString(source, start)
    const colon = afterSpace(source, keyEnd)
    if (source.charCodeAt(colon) !== COLON) throw notAnObject(colon)
    const valueStart = afterSpace(source, colon + 1)
    let end = valueStart
    const first = source.charCodeAt(valueStart)
    if (first === QUOTE) {
      end = afterString(source, valueStart)
    } else if (first === OPEN_BRACE || first === OPEN_BRACKET) {
      const nested = afterNested(source, valueStart)
      end = nested.end
      deepest = Math.max(deepest, nested.levels)
    } else {
      end = afterScalar(source, valueStart)
    }
    const isSlice = isOwn && keyEnd - start < LONGEST_COPY
    const written = isSlice ? source.slice(start + 1, keyEnd - 1) : body.toString('utf8', start + 1, keyEnd - 1)
    const key = written.includes('\\') ? String(JSON.parse(`"${written}"`)) : written
    list.push({ key, start, valueStart, end })
    position = afterSpace(source, end)
  }
  return { open: brace + 1, list, levels: deepest + 1 }
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

function afterSpace(text: string, from: number): number {
  let position = from
  for (; position < text.length; position += 1) {
    const code = text.charCodeAt(position)
    if (code !== SPACE && code !== 0x0a && code !== 0x0d && code !== 0x09) break
  }
  return position
}

/** One past the closing quote of the string that opens at `open`. */
function afterString(text: string, open: number): number {
  const first = open + 1
  for (let quote = text.indexOf('"', first); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slash = quote
    while (slash > first && text.charCodeAt(slash - 1) === BACKSLASH) slash -= 1
    if ((quote - slash) % 2 === 0) return quote + 1
  }
  throw notAnObject(open)
}

function afterScalar(text: string, start: number): number {
  let end = start
  while (end < text.length && !endsScalar(text.charCodeAt(end))) end += 1
  if (end === start) throw notAnObject(start)
  return end
}

function endsScalar(code: number): boolean {
  return code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET || code <= SPACE
}

/** One past the bracket that closes the list or object that opens at `start`, and how many are in one another there. */
function afterNested(text: string, start: number): { readonly end: number; readonly levels: number } {
  let depth = 0
  let levels = 0
  let position = start
  while (position < text.length) {
    switch (text.charCodeAt(position)) {
      case QUOTE:
        position = afterString(text, position)
        continue
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1
        if (depth > levels) levels = depth
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1
        if (depth === 0) return { end: position + 1, levels }
    }
    position += 1
  }
  throw notAnObject(start)
}

function notAnObject(position: number): SyntaxError {
  return new SyntaxError(`not a JSON object: unexpected byte at ${position}`)
}
