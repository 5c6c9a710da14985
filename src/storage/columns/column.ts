import { type NanoUsd, nanoUsdFrom, usdText } from '../../canonical/money.ts'
import type { JsonValue } from '../../lib/json.ts'

/*
 * How a field of a row is kept. A table's columns are described once, as `{ field: column }`, and everything else (the insert, the
 * select, what the memory store keeps) is derived from that.
 *
 * A row that cannot be written would take its whole batch of settlements down with it, again and again. So writing never fails: what
 * a column cannot hold (a fraction of a token, more money than numeric(20,9) has digits for) becomes the nearest value that it can.
 */

/** One column: its name, and the way in and out. Reading takes what the driver gives and what `write` gave. */
export interface Column<Value> {
  readonly name: string
  readonly write: (value: Value) => JsonValue
  readonly read: (stored: unknown) => Value
  /** How it travels as one of a list of values; missing: as `write` says it, for a column of text. See `packed-rows.ts`. */
  readonly packing?: Packing<Value>
}

/** How a value goes to PostgreSQL as one of a JSON list. */
export interface Packing<Value> {
  readonly pack: (value: Value) => JsonValue
  /** The SQL that gives the column's value: `list -> place` is the JSON, `list ->> place` its text. */
  readonly unpack: (list: string, place: number) => string
}

/** The columns of a row type, by field. */
export type Columns<Row> = { readonly [Field in keyof Row]-?: Column<Row[Field]> }

/** The most that a money column holds. */
export const MOST_MONEY: NanoUsd = 10n ** 20n - 1n

/** An amount as a money column holds it. */
export function storableMoney(amount: NanoUsd): NanoUsd {
  if (amount > MOST_MONEY) return MOST_MONEY
  return amount < -MOST_MONEY ? -MOST_MONEY : amount
}

/** `text`. */
export function text<Value extends string = string>(name: string): Column<Value> {
  return { name, write: (value) => value, read: (stored) => String(stored) as Value }
}

/** `bigint` or `integer`, never negative. */
export function count(name: string): Column<number> {
  return { name, write: storableCount, read: Number, packing: COUNT }
}

const COUNT: Packing<number> = {
  pack: storableCount,
  unpack: (list, place) => `(${list} ->> ${place})::bigint`,
}

/** `double precision`; what is no number is 0. */
export function decimal(name: string): Column<number> {
  return { name, write: (value) => (Number.isFinite(value) ? value : 0), read: Number }
}

/** A number as a count column holds it. */
export function storableCount(value: number): number {
  return Math.min(Math.max(Math.round(value) || 0, 0), Number.MAX_SAFE_INTEGER)
}

/** `numeric(20,9)`, through text both ways. */
export function money(name: string): Column<NanoUsd> {
  return { name, write: moneyText, read: (stored) => nanoUsdFrom(String(stored)), packing: MONEY }
}

const MONEY: Packing<NanoUsd> = {
  pack: packedMoney,
  unpack: (list, place) => `(${list} ->> ${place})::numeric * 0.000000001`,
}

/** An amount in billionths, as far as a column holds it; text where a number would not be exact. */
export function packedMoney(amount: NanoUsd): number | string {
  const nano = Number(amount)
  return Number.isSafeInteger(nano) ? nano : String(storableMoney(amount))
}

/** An amount as a money column is written. */
export function moneyText(amount: NanoUsd): string {
  return usdText(storableMoney(amount))
}

/** `boolean`. */
export function flag(name: string): Column<boolean> {
  return { name, write: (value) => value, read: (stored) => stored === true, packing: FLAG }
}

const FLAG: Packing<boolean> = { pack: (value) => value, unpack: (list, place) => `(${list} ->> ${place})::boolean` }

/** `timestamptz`; ms since 1970 with microseconds as the fraction. */
export function instant(name: string): Column<number> {
  return { name, write: instantText, read: (stored) => instantFrom(String(stored)), packing: INSTANT }
}

const INSTANT: Packing<number> = {
  pack: instantMicros,
  unpack: (list, place) => `timestamptz 'epoch' + (${list} ->> ${place})::bigint * interval '1 microsecond'`,
}

/** `text[]`. */
export function textList(name: string): Column<readonly string[]> {
  return { name, write: (value) => [...value], read: (stored) => stored as readonly string[], packing: TEXT_LIST }
}

const TEXT_LIST: Packing<readonly string[]> = {
  pack: (value) => value as string[],
  unpack: (list, place) => `array(select jsonb_array_elements_text(${list} -> ${place}))`,
}

/** `jsonb`; nothing at all and null are both null. */
export function json<Value = JsonValue>(name: string): Column<Value> {
  const pack = (value: Value) => (value ?? null) as JsonValue
  return { name, write: pack, read: (stored) => (stored ?? null) as Value, packing: { pack, unpack: unpackJson } }
}

/** PostgreSQL tells JSON's null from its own. */
function unpackJson(list: string, place: number): string {
  return `nullif(${list} -> ${place}, 'null')`
}

/** The same column, which may be null. */
export function optional<Value>(column: Column<Value>): Column<Value | null> {
  const { packing } = column
  return {
    name: column.name,
    write: (value) => (value === null ? null : column.write(value)),
    read: (stored) => (stored === null || stored === undefined ? null : column.read(stored)),
    ...(packing && { packing: { ...packing, pack: (value) => (value === null ? null : packing.pack(value)) } }),
  }
}

const LAST_INSTANT = Date.UTC(9999, 11, 31)

/** The second that was written last, and its text: rows that are written together are of the same few seconds. */
const latest = { second: -1, text: '' }

/** The same instant in whole µs, as far as a column holds it. */
export function instantMicros(ms: number): number {
  return Math.round(Math.min(Math.max(ms || 0, 0), LAST_INSTANT) * 1000)
}

/** ISO text in UTC with six digits of fraction. */
export function instantText(ms: number): string {
  const micros = instantMicros(ms)
  const second = Math.floor(micros / 1_000_000)
  if (second !== latest.second) {
    latest.second = second
    latest.text = new Date(second * 1000).toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length)
  }
  // The digit in front, cut off again, keeps the zeros.
  return `${latest.text}.${String(micros - second * 1_000_000 + 1_000_000).slice(1)}Z`
}

/** Reads ISO text, and PostgreSQL's form of it: `2026-11-21 02:37:00.123456+00`. */
export function instantFrom(stored: string): number {
  const match = /^(\S+)[ T]([\d:]+)(?:\.(\d+))?(Z|[+-]\d\d(?::?\d\d)?)$/.exec(stored)
  if (!match) throw new RangeError(`not an instant: ${stored}`)
  const [, date, time, fraction = '', zone = 'Z'] = match
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone
  return (Date.parse(`${date}T${time}${offset}`) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6))) / 1000
}
