/*
 * JSON whose large whole numbers stay what they are.
 *
 * Tools are called with ids of 64 bits, which a JavaScript number cannot hold: 1234567890123456789 would become 1234567890123456800, and the call would be
 * about something else. Such a number is kept as its source text, in an object that JSON.stringify writes back digit for digit and nobody else looks into.
 */
import type { JsonValue } from './json.ts'

/** What the engine has and the compiler's library does not know yet: https://github.com/tc39/proposal-json-parse-with-source */
const engine: {
  parse(text: string, reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
  rawJSON(text: string): unknown
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
} = JSON as never

/**
 * A whole number of so many digits, or something in a string that looks like one. Few texts have it, and all others are parsed the fast way. It begins where
 * a value of JSON can, so that long ids are none; and because it begins with a digit that is no zero, V8 looks at every sixteenth character only.
 */
const LONG_NUMBER = /(?<=[\s:,[-]|^)[1-9]\d{15}/

/** The value that a text of JSON says. Throws SyntaxError when it is none. */
export function parseExactly(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text)
  return engine.parse(text, (_, value, { source }) => {
    const inexact = typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
    return inexact && source !== undefined && /^-?\d+$/.test(source) ? engine.rawJSON(source) : value
  })
}

/** The same, or undefined when the text is not JSON. */
export function parseExactJson(text: string): JsonValue | undefined {
  try {
    return parseExactly(text) as JsonValue
  } catch {
    return undefined
  }
}

/** A value, or the nearest number to one that was kept as its source. */
export function asNumber(value: JsonValue | undefined): JsonValue | undefined {
  return engine.isRawJSON(value) ? Number(value.rawJSON) : value
}
