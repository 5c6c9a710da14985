/*
 * Looking into the bytes of a chunk without parsing it. A field is found by its name with both quotes; hosts differ in the white
 * space around the colon.
 */

/** The quoted names that a scanner looks for. */
export const FINISH_REASON: Buffer = Buffer.from('"finish_reason"')
export const USAGE: Buffer = Buffer.from('"usage"')
export const ERROR: Buffer = Buffer.from('"error"')
export const DELTA: Buffer = Buffer.from('"delta"')

const QUOTE = 0x22
const COLON = 0x3a
const COMMA = 0x2c
const BACKSLASH = 0x5c
const SPACE = 0x20
const LETTER_N = 0x6e
const NULL_LENGTH = 'null'.length

/** Whether a field of this name has a value other than null anywhere in the frame. */
export function valueAt(frame: Buffer, name: Buffer): boolean {
  for (let at = frame.indexOf(name); at !== -1; at = frame.indexOf(name, at + name.length)) {
    const value = valueStart(frame, at + name.length)
    if (value !== -1 && frame[value] !== LETTER_N) return true
  }
  return false
}

/** Where the name of a field with the value null begins; -1 when there is none. */
export function nullAt(frame: Buffer, name: Buffer): number {
  for (let at = frame.indexOf(name); at !== -1; at = frame.indexOf(name, at + name.length)) {
    const value = valueStart(frame, at + name.length)
    if (value !== -1 && frame[value] === LETTER_N) return at
  }
  return -1
}

/** The bytes, as written, of the first string in a field of this name behind `from`; 0 when it is no string or has no end. */
export function stringBytesAt(frame: Buffer, name: Buffer, from: number): number {
  const at = frame.indexOf(name, from)
  if (at === -1) return 0
  const open = valueStart(frame, at + name.length)
  if (open === -1 || frame[open] !== QUOTE) return 0
  for (let position = open + 1; position < frame.length; position += 1) {
    if (frame[position] === BACKSLASH) position += 1
    else if (frame[position] === QUOTE) return position - open - 1
  }
  return 0
}

/** The frame without the field whose name begins at `at` and whose value is null, and without one comma beside it. */
export function withoutField(frame: Buffer, at: number): Buffer {
  let start = at
  let end = valueStart(frame, frame.indexOf(QUOTE, at + 1) + 1) + NULL_LENGTH
  let before = at - 1
  while (isSpace(frame[before])) before -= 1
  if (frame[before] === COMMA) {
    start = before
  } else {
    while (isSpace(frame[end])) end += 1
    if (frame[end] === COMMA) end += 1
  }
  return Buffer.concat([frame.subarray(0, start), frame.subarray(end)])
}

/** Where the value behind a name begins; -1 when no colon follows, so that it was no name. */
function valueStart(frame: Buffer, afterName: number): number {
  let position = afterName
  while (isSpace(frame[position])) position += 1
  if (frame[position] !== COLON) return -1
  position += 1
  while (isSpace(frame[position])) position += 1
  return position
}

function isSpace(byte: number | undefined): boolean {
  return byte !== undefined && byte <= SPACE
}
