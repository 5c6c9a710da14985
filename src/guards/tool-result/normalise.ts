import { foldConfusables } from './confusables.ts'

/*
 * One text has many spellings that a model reads alike: full-width and mathematical letters, accents stacked on letters, characters
 * without width, letters of other alphabets, HTML entities, tags in the middle of words. Patterns see none of that: they run on copies in which it is
 * undone. The text that travels on is never changed here.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what this asks for
const ASCII = /^[\u0000-\u007f]*$/
const STACKED_ACCENTS = /[\u0300-\u036f]/g
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu
const TAG_CHARACTERS = /[\u{e0020}-\u{e007e}]+/gu
const TAG_BASE = 0xe0000
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot|apos|nbsp));/gi
const NAMED_ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'", nbsp: ' ' }
/** A line break inside a sentence: text that was wrapped, not lines that belong apart. */
const WRAPPED_LINE = /(?<=[a-z,] ?)\n(?= ?[a-z])/g
const TAG = /<\/?[a-z][^<>]{0,300}>/g
const HAS_OTHER_ALPHABET = /[\u0131\u0142\u00f8\u0111\u0250-\u02af\u0370-\u052f\u1d00-\u1d2f\ua730-\ua731]/

/** Bytes and letters written as escapes, in a row. */
const ESCAPES = /(?:%[0-9a-f]{2}|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}){1,200}/g

/** The readings of a text that are scanned. They overlap; a sign found in any of them counts once. */
export interface Readings {
  /** Lower case, compatibility forms and stacked accents undone, nothing invisible, entities decoded. Its own alphabets kept. */
  readonly plain: string
  /** Tags taken out of words, escapes decoded and lookalikes as Latin letters, where that makes a difference. */
  readonly bare: string | null
  /** How many invisible characters were taken out of the middle of words. */
  readonly invisible: number
}

/** Undoes the disguises of one window of text. The result is at most a small factor longer. */
export function readingsOf(text: string): Readings {
  let plain = text
  let invisible = 0
  if (!ASCII.test(text)) {
    plain = plain.replace(INVISIBLE, (_, at: number) => {
      if (isLetter(plain[at - 1]) && isLetter(plain[at + 1])) invisible += 1
      return ''
    })
    plain = plain.normalize('NFKD').replace(STACKED_ACCENTS, '').normalize('NFC')
    plain = plain.replace(/[\u2018\u2019\u201b\u02bc]/g, "'").replace(/[\u201c-\u201f\u00ab\u00bb]/g, '"')
  }
  if (plain.includes('\n')) plain = plain.replace(WRAPPED_LINE, ' ')
  if (plain.includes('&')) plain = plain.replace(ENTITY, decodeEntity)
  plain = plain.toLowerCase()
  let bare = plain
  if (plain.includes('<')) bare = bare.replace(TAG, '')
  if (plain.includes('%') || plain.includes('\\')) bare = bare.replace(ESCAPES, decodeEscapes)
  if (HAS_OTHER_ALPHABET.test(plain)) bare = foldConfusables(bare)
  return { plain, bare: bare === plain ? null : bare, invisible }
}

function decodeEscapes(run: string): string {
  const bytes: number[] = []
  let text = ''
  const flush = () => {
    text += Buffer.from(bytes.splice(0)).toString('utf8')
  }
  for (const [one] of run.matchAll(/%..|\\x..|\\u..../g)) {
    if (one.startsWith('\\u')) {
      flush()
      text += String.fromCharCode(Number.parseInt(one.slice(2), 16))
    } else bytes.push(Number.parseInt(one.slice(-2), 16))
  }
  flush()
  return text.toLowerCase()
}

function decodeEntity(entity: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return NAMED_ENTITIES[name.toLowerCase()] ?? entity
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : entity
}

function isLetter(one: string | undefined): boolean {
  return one !== undefined && /[\p{L}\p{Cf}]/u.test(one)
}

const CONCEALED =
  /<([a-z][\w-]{0,20})\b[^<>]{0,300}?(?:display ?: ?none|visibility ?: ?hidden|font-size ?: ?0|opacity ?: ?0(?![.\d])|color ?: ?(?:white|#fff(?:fff)?|transparent)\b|\bhidden\b|text-indent ?: ?-\d{3}|(?:left|top) ?: ?-\d{3})[^<>]{0,300}>([^<]{1,4000})/gi

/** Text that a page holds but does not show: comments, hidden elements, letters written in tag characters. */
export function concealedParts(text: string): readonly string[] {
  const parts = comments(text)
  if (text.includes('<')) for (const [, , inside = ''] of text.matchAll(CONCEALED)) parts.push(inside)
  const smuggled = smuggledText(text)
  if (smuggled !== '') parts.push(smuggled)
  return parts
}

/** The insides of HTML comments; one that is never closed goes on to the end. */
function comments(text: string): string[] {
  const found: string[] = []
  for (let open = text.indexOf('<!--'); open >= 0; ) {
    const close = text.indexOf('-->', open + 4)
    found.push(text.slice(open + 4, close < 0 ? undefined : close))
    open = close < 0 ? -1 : text.indexOf('<!--', close)
  }
  return found
}

/** What is written in the invisible twins that Unicode has of every ASCII letter. */
function smuggledText(text: string): string {
  if (!text.includes('\udb40')) return ''
  let written = ''
  for (const [run] of text.matchAll(TAG_CHARACTERS)) {
    for (const one of run) written += String.fromCharCode((one.codePointAt(0) ?? TAG_BASE) - TAG_BASE)
    written += ' '
  }
  return written
}
