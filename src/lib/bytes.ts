/** Whether `part` stands in `bytes` at that place; false where it does not fit. */
export function standsAt(bytes: Buffer, at: number, part: Buffer): boolean {
  return at + part.length <= bytes.length && part.compare(bytes, at, at + part.length) === 0
}
