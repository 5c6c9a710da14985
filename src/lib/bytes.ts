/** Whether `part` stands in `bytes` at that place; false where it does not fit. */
export function standsAt(bytes: Buffer, at: number, part: Buffer): boolean {
  return at + part.length <= bytes.length && part.compare(bytes, at, at + part.length) === 0
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Where the closing quote of a JSON string is whose text begins at `start`; -1 when it has none. */
export function stringEnd(bytes: Buffer, start: number): number {
  for (let position = start; position < bytes.length; position += 1) {
    const byte = bytes[position]
    if (byte === QUOTE) return position
    if (byte === BACKSLASH) position += 1
  }
  return -1
}
