/** A stand-in for a tokenizer: up to twelve characters of a word, with the white space before them. */
const TOKEN = /\s*\S{1,12}|\s+$/gu

/**
 * Text cut into tokens that join to the same text. A short word is one token, a longer one a token for every twelve
 * characters, so that a test can count in its head.
 */
export function tokenize(text: string): readonly string[] {
  return text.match(TOKEN) ?? []
}

/** How many tokens a text is, for models that only exist in this process. */
export function countTokens(text: string): number {
  return tokenize(text).length
}

/** The first `limit` tokens of a text; the text itself when it has no more. */
export function firstTokens(text: string, limit: number): string {
  const tokens = tokenize(text)
  return tokens.length <= limit ? text : tokens.slice(0, limit).join('')
}
