import type { JsonValue } from '../../lib/json.ts'
import { JsonText } from '../../lib/json-text.ts'
import type { Columns } from './column.ts'

/** A row by column name, as JSON says it. */
export type Stored = { [column: string]: JsonValue }

/** A row by its columns' names. */
export function encodeRow<Row>(columns: Columns<Row>, row: Row): Stored {
  const stored: Stored = {}
  for (const field in columns) stored[columns[field].name] = columns[field].write(row[field])
  return stored
}

/** The row that a record of the table holds; columns that this version does not know are left out. */
export function decodeRow<Row>(columns: Columns<Row>, record: Readonly<Record<string, unknown>>): Row {
  const row: Partial<Row> = {}
  for (const field in columns) row[field] = columns[field].read(record[columns[field].name])
  return row as Row
}

/** The names of the columns, in their order. */
export function columnNames<Row>(columns: Columns<Row>): readonly string[] {
  return Object.values<{ readonly name: string }>(columns).map((column) => column.name)
}

/**
 * The JSON text of something to store. PostgreSQL's text knows neither NUL nor half a surrogate pair; callers can send both in a name,
 * and each becomes U+FFFD. A bigint that slipped into free-form JSON becomes text.
 */
export function storableJson(value: unknown): string {
  return withoutEscapes(stringify(value))
}

function withoutEscapes(written: string): string {
  if (!written.includes('\\u')) return written
  return written.replace(/\\(\\|u0000|ud[89a-f][0-9a-f]{2})/g, (escaped, what) => (what === '\\' ? escaped : '\\ufffd'))
}

/** The JSON text of a list of free-form JSON, of which some may be written out already. */
export function storableList(values: readonly unknown[]): string {
  const texts = values.map((value) => (value instanceof JsonText ? value.text : stringify(value ?? null)))
  return withoutEscapes(`[${texts.join(',')}]`)
}

/** Text as a text column holds it. */
export function storableText(value: string): string {
  return value.toWellFormed().replaceAll('\0', '\ufffd')
}

/** The same of text that may be missing. */
export function storableTextOr(value: string | null): string | null {
  return value === null ? null : storableText(value)
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    return JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? String(part) : part))
  }
}
