/**
 * Money is a bigint of nano-USD (10^-9 USD). One number type for every sum, no floats anywhere:
 * floats appear only where a person or a JSON reply reads a figure.
 */
export type NanoUsd = bigint

const NANO_DIGITS = 9
const NANO = 10n ** BigInt(NANO_DIGITS)
const NANO_NUMBER = 10 ** NANO_DIGITS
/** The largest amount that a JavaScript number holds exactly: nine million USD. */
const MOST_EXACT = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * Exact conversion from a decimal number of USD, as written in a config or a numeric column.
 * More than nine decimals are rounded up, away from giving money away.
 * Throws RangeError when the text is not a plain decimal number.
 */
export function nanoUsdFrom(usd: number | string): NanoUsd {
  const text = typeof usd === 'number' ? decimalText(usd) : usd.trim()
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (!match) throw new RangeError(`not an amount of USD: ${text}`)
  const [, sign, whole = '0', fraction = ''] = match
  const padded = fraction.padEnd(NANO_DIGITS, '0')
  let nano = BigInt(whole) * NANO + BigInt(padded.slice(0, NANO_DIGITS))
  if (/[1-9]/.test(padded.slice(NANO_DIGITS))) nano += 1n
  return sign ? -nano : nano
}

/** Decimal text with nine places, the form of `numeric(20,9)`: `"0.000150000"`. */
export function usdText(nano: NanoUsd): string {
  if (nano >= 0n && nano <= MOST_EXACT) return smallUsdText(Number(nano))
  const digits = (nano < 0n ? -nano : nano).toString().padStart(NANO_DIGITS + 1, '0')
  const cut = digits.length - NANO_DIGITS
  return `${nano < 0n ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`
}

/** The same for a number. It takes a third of the time, and every call writes a dozen amounts. */
function smallUsdText(nano: number): string {
  const fraction = nano % NANO_NUMBER
  // The digit in front, cut off again, keeps the zeros.
  return `${(nano - fraction) / NANO_NUMBER}.${String(fraction + NANO_NUMBER).slice(1)}`
}

/** USD as a JavaScript number, for JSON replies and display only. */
export function usdNumber(nano: NanoUsd): number {
  // Both are exact, so their quotient is the number nearest to the amount.
  if (nano >= 0n && nano <= MOST_EXACT) return Number(nano) / NANO_NUMBER
  return Number(usdText(nano))
}

function decimalText(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`not an amount of USD: ${value}`)
  const text = String(value)
  return text.includes('e') ? value.toFixed(20).replace(/0+$/, '').replace(/\.$/, '') : text
}
