/** The words of a text, in order, and where they stand. */
export interface Words {
  readonly words: readonly string[]
  /** Character positions: word `i` is `text.slice(starts[i], ends[i])`, less a genitive. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  /** Whether a word is apart from the one before it: by the end of a line or sentence, a colon, or more than a few signs. */
  readonly apart: readonly boolean[]
}

const APOSTROPHE = 39
const GENITIVE = /'s?$/
const MOST_SIGNS_BETWEEN = 4
/** Line feed, full stop, exclamation mark, question mark, colon, semicolon. */
const BREAKS = new Set([10, 46, 33, 63, 58, 59])

/**
 * Splits lower-case text into words: runs of letters and digits of any alphabet, with apostrophes inside (`don't`); a genitive is cut off (`user's` is
 * `user`). Everything else separates, line breaks, hyphens and underscores included.
 */
export function splitWords(text: string): Words {
  const words: string[] = []
  const starts: number[] = []
  const ends: number[] = []
  const apart: boolean[] = []
  let start = -1
  let broken = true
  let hasApostrophe = false
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0
    if (isWordCharacter(code)) {
      if (start < 0) start = at
    } else if (code === APOSTROPHE && start >= 0) {
      hasApostrophe = true
    } else if (start >= 0) {
      const word = text.slice(start, at)
      words.push(hasApostrophe ? word.replace(GENITIVE, '') : word)
      starts.push(start)
      ends.push(at)
      apart.push(broken || (starts.at(-1) ?? 0) - (ends.at(-2) ?? 0) > MOST_SIGNS_BETWEEN)
      start = -1
      hasApostrophe = false
      broken = BREAKS.has(code)
    } else if (!broken) broken = BREAKS.has(code)
  }
  return { words, starts, ends, apart }
}

/** ASCII letters and digits, and everything beyond Latin-1 punctuation that is not general punctuation or a CJK mark. */
function isWordCharacter(code: number): boolean {
  if (code < 128) return (code >= 97 && code <= 122) || (code >= 48 && code <= 57)
  return (
    code >= 0xc0 &&
    (code < 0x2000 || code > 0x303f) &&
    code !== 0xd7 &&
    code !== 0xf7 &&
    (code < 0xff00 || code > 0xff20)
  )
}
