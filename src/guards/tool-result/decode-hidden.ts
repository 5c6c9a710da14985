/*
 * Instructions can hide in encodings that a model decodes on its own. Runs that look encoded are decoded on a copy, twice over, and what
 * comes out as text is scanned too. Every character is looked at a bounded number of times: runs do not overlap, decoding shrinks them, and the decoded
 * total is capped.
 */

const BASE64 = /[A-Za-z0-9+/_-]{24,}={0,2}/g
const HEX = /(?:[0-9a-fA-F]{2}[\s:,]?|\\x[0-9a-fA-F]{2}|0x[0-9a-fA-F]{2}[\s,]{0,2}){12,}/g
const PERCENT = /(?:%[0-9a-fA-F]{2}[A-Za-z0-9._~-]{0,40}){4,}/g
const UNICODE_ESCAPES = /(?:\\u\{?[0-9a-fA-F]{4}\}?){6,}/g
const ROT13_WORDS = /\b(?:vtaber|qvfertneq|sbetrg|vafgehpgvbaf?|cerivbhf|cnffjbeqf?|cebzcg)\b/i
const REVERSED_WORDS = /snoitcurtsni|tpmorp metsys|suoiverp|drowssap/i
const SPACED_LETTERS = /(?:\b[A-Za-z]\b[ .\-_*|]{1,2}){8,}\b[A-Za-z]\b/g
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
    for (const [run] of layer.matchAll(BASE64)) keep(fromBase64(run), depth)
    for (const [run] of layer.matchAll(HEX)) keep(fromHex(run), depth)
    for (const [run] of layer.matchAll(PERCENT)) keep(fromPercent(run), depth)
    for (const [run] of layer.matchAll(UNICODE_ESCAPES)) keep(fromEscapes(run), depth)
    for (const [run] of layer.matchAll(SPACED_LETTERS)) keep(fromSpaced(run), depth)
    if (ROT13_WORDS.test(layer)) keep(rot13(layer), MAX_DEPTH)
    if (REVERSED_WORDS.test(layer)) keep([...layer].reverse().join(''), MAX_DEPTH)
  }
  scan(text, 1)
  return found
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
  return readable(Buffer.from(run.replace(/\\x|0x|[\s:,]/g, ''), 'hex'))
}

function fromPercent(run: string): string | null {
  const bytes: number[] = []
  for (let at = 0; at < run.length; at++) {
    if (run[at] === '%') {
      bytes.push(Number.parseInt(run.slice(at + 1, at + 3), 16))
      at += 2
    } else bytes.push(run.charCodeAt(at) & 0xff)
  }
  return readable(Buffer.from(bytes))
}

function fromEscapes(run: string): string {
  return run.replace(/\\u\{?([0-9a-fA-F]{4})\}?/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

/** `i g n o r e   a l l` as `ignoreall`: the words run together, which the squeezed patterns expect. */
function fromSpaced(run: string): string {
  return run.replace(/[ .\-_*|]/g, '')
}

function rot13(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const base = letter <= 'Z' ? 65 : 97
    return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base)
  })
}

/** The bytes as text when nearly all of it is readable, else null: most long words and numbers are not encoded text. */
function readable(bytes: Buffer): string | null {
  if (bytes.length < 12) return null
  const text = bytes.toString('utf8')
  let strange = 0
  for (const one of text) if (!/[\p{L}\p{N}\p{P}\p{Zs}\n\r\t$+<=>^`|~]/u.test(one)) strange += 1
  if (strange > text.length / 20) return null
  return /[\s\p{L}]{6}/u.test(text) ? text : null
}
