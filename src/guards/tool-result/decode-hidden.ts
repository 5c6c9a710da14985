/*
 * Instructions can hide in encodings that a model decodes on its own. Runs that look encoded are decoded on a copy, twice over, and what
 * comes out as text is scanned too. Every character is looked at a bounded number of times: runs do not overlap, decoding shrinks them, and the decoded
 * total is capped.
 */

const SPACED_HEX = /\b(?:[0-9a-fA-F]{2}[ :,]){12,}/g
const PREFIXED_HEX = /(?:0x[0-9a-fA-F]{2}[ ,]{0,2}){12,}/g
const ONLY_HEX = /^(?:[0-9a-fA-F]{2}){1,}$/
const LEAST_RUN_CHARS = 24
const ROT13_WORDS = ['vtaber', 'qvfertneq', 'vafgehpgvba', 'cerivbhf', 'cnffjbeq', 'cebzcg']
const REVERSED_WORDS = ['snoitcurtsni', 'tpmorp', 'suoiverp', 'drowssap', 'erongi']
const MAX_DEPTH = 2
/** What is decoded may have this many characters more than the text itself has. */
const EXTRA_CHARS = 16_384
const PROBE_CHARS = 1_024
const OFFSETS = [0, 1, 2, 3]

/** What a text says in encoded form, as texts to be scanned; mostly none. Together they are at most a little longer than the text. */
export function decodeHidden(text: string): readonly string[] {
  const found: string[] = []
  let room = text.length + EXTRA_CHARS
  const keep = (decoded: string | null, depth: number): void => {
    if (decoded === null || room <= 0) return
    const kept = decoded.slice(0, room)
    room -= kept.length
    found.push(kept)
    if (depth < MAX_DEPTH) scan(kept, depth + 1)
  }
  const scan = (layer: string, depth: number): void => {
    for (const run of unbrokenRuns(layer)) keep(ONLY_HEX.test(run) ? fromHex(run) : fromBase64(run), depth)
    for (const [run] of layer.matchAll(SPACED_HEX)) keep(fromHex(run), depth)
    if (layer.includes('0x')) for (const [run] of layer.matchAll(PREFIXED_HEX)) keep(fromHex(run), depth)
    for (const cipher of decipher(layer.toLowerCase())) keep(cipher, MAX_DEPTH)
  }
  scan(text, 1)
  return found
}

/** Long runs of the letters that base64 and hex are written in. */
function* unbrokenRuns(text: string): Generator<string> {
  let start = 0
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && isEncodingCharacter(text.charCodeAt(at))) continue
    if (at - start >= LEAST_RUN_CHARS) yield text.slice(start, at)
    start = at + 1
  }
}

/** Letters, digits, `+ / _ -`. */
function isEncodingCharacter(code: number): boolean {
  if (code >= 97) return code <= 122
  if (code >= 65) return code <= 90 || code === 95
  return (code >= 47 && code <= 57) || code === 43 || code === 45
}

/** A run may begin with a few characters that are not part of it (`id/SGVs…`): four alignments are tried on its beginning. */
function fromBase64(run: string): string | null {
  for (const offset of OFFSETS) {
    if (readable(Buffer.from(run.slice(offset, offset + PROBE_CHARS), 'base64')) === null) continue
    return Buffer.from(run.slice(offset), 'base64').toString('utf8')
  }
  return null
}

function fromHex(run: string): string | null {
  return readable(Buffer.from(run.replace(/0x|[\s:,]/g, ''), 'hex'))
}

/** The text read by the ciphers whose words show in it. */
function decipher(text: string): readonly string[] {
  const readings: string[] = []
  if (ROT13_WORDS.some((word) => text.includes(word))) readings.push(rot13(text))
  if (REVERSED_WORDS.some((word) => text.includes(word))) readings.push([...text].reverse().join(''))
  return readings
}

function rot13(text: string): string {
  return text.replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97))
}

/** The bytes as text when nearly all of it is readable, else null: most long words and numbers are not encoded text. */
function readable(bytes: Buffer): string | null {
  if (bytes.length < 12) return null
  const text = bytes.toString('utf8')
  let strange = 0
  for (const one of text) if (!/[\p{L}\p{N}\p{P}\p{Zs}\n\r\t$+<=>^`|~]/u.test(one)) strange += 1
  if (strange > text.length / 20) return null
  return /[\s\p{L}\p{N}]{6}/u.test(text) ? text : null
}
