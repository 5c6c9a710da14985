import * as z from 'zod'
import { type NanoUsd, nanoUsdFrom, usdText } from '../canonical/money.ts'
import { BYTE_SIZE_PATTERN, parseByteSize } from '../lib/byte-size.ts'
import { DURATION_PATTERN, durationText, parseDurationMs } from '../lib/duration.ts'

// The kinds of values that a config is written in. Each reads what people write and gives what the program counts in:
// durations become milliseconds, sizes bytes, dollars nano-USD.

const LARGEST_USD = 1_000_000_000
/** A hundred times the whole. */
const LARGEST_FRACTION = 100
const LARGEST_COUNT = 1_000_000_000_000
const LONGEST_DURATION_MS = 24 * 3_600_000

/** A duration as text, `10s`; gives milliseconds. At most a day unless said otherwise: longer ones overflow timers. */
export function duration({
  leastMs = 1,
  mostMs = LONGEST_DURATION_MS,
}: {
  readonly leastMs?: number
  readonly mostMs?: number
} = {}) {
  return z
    .string()
    .regex(DURATION_PATTERN, { error: 'must be a duration such as 500ms, 10s, 5m or 1h', abort: true })
    .refine((text) => inRange(parseDurationMs(text), leastMs, mostMs), {
      error: `must be between ${durationText(leastMs)} and ${durationText(mostMs)}`,
    })
    .transform((text) => parseDurationMs(text) ?? 0)
}

/** A size as text, `10mb`; gives bytes. */
export function byteSize({ least, most }: { readonly least: string; readonly most: string }) {
  return z
    .string()
    .regex(BYTE_SIZE_PATTERN, { error: 'must be a size such as 512kb or 10mb', abort: true })
    .refine((text) => inRange(parseByteSize(text), parseByteSize(least) ?? 0, parseByteSize(most) ?? 0), {
      error: `must be between ${least} and ${most}`,
    })
    .transform((text) => parseByteSize(text) ?? 0)
}

/** An amount of USD as a number, `0.05`; gives nano-USD, rounded up at the ninth decimal. */
export function usd() {
  return z
    .number()
    .min(0)
    .max(LARGEST_USD)
    .transform((amount): NanoUsd => nanoUsdFrom(amount))
}

/** A part of something as a decimal number, `0.2`; gives billionths, exactly. */
export function fraction() {
  return z
    .number()
    .min(0)
    .max(LARGEST_FRACTION)
    .refine((part) => hasNineDecimals(part), { error: 'must have at most nine decimals' })
    .transform((part): bigint => nanoUsdFrom(part))
}

/** A whole number of things, from `least` up. */
export function count({ least = 1 }: { readonly least?: number } = {}) {
  return z.int().min(least).max(LARGEST_COUNT)
}

/** What a name of a provider, model, task or plan may look like: it appears in URLs, headers and `provider/model`. */
export const nameKey = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,127}$/, {
  error: 'is not a good name: use letters, digits and _ . : @ -, no slash, no space, at most 128',
})

/** The id of a tenant or a user: the product's own, so almost anything that a header can carry. */
export const idKey = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]{0,254}[\x21-\x7e])?$/, {
  error: 'is not a good id: use 1 to 256 printable ASCII characters',
})

/** The name of a model in policy: a logical model, or `provider/model`. */
export const modelName = z.string().regex(/^[\x21-\x7e]{1,256}$/, {
  error: 'must be the name of a model: a logical one, or provider/model',
})

/** A record as a map. Maps have no inherited entries: a caller who names the task `constructor` finds nothing. */
export function toMap<Value>(record: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(record))
}

function hasNineDecimals(value: number): boolean {
  return Number(usdText(nanoUsdFrom(value))) === value
}

function inRange(value: number | undefined, least: number, most: number): boolean {
  return value !== undefined && value >= least && value <= most
}

/** The one of these keys that a section has; null, and a problem, when it has none or several. */
export function onlyOne<Key extends string>(
  section: Readonly<Partial<Record<Key, unknown>>>,
  keys: readonly Key[],
  context: z.core.$RefinementCtx,
): Key | null {
  const written = keys.filter((key) => section[key] !== undefined)
  const [only, ...others] = written
  if (only !== undefined && others.length === 0) return only
  const more = others.length > 0 ? `, not ${written.join(' and ')}; write one entry for each` : ''
  context.addIssue({ code: 'custom', message: `must have one of ${keys.join(', ')}${more}` })
  return null
}
