import type { JsonValue } from '../../lib/json.ts'
import type { Columns } from './column.ts'

/*
 * Rows on their way into a table, each as the list of its columns' values: the names are said by the statement, and neither made, written nor read for
 * each row. Every call leaves two such rows, of which the names would be a third.
 */

/** A row as the values of its columns, in their order. */
export type PackedRow = readonly JsonValue[]

/** A row of any columns. Rows that every call leaves are packed by functions written out for them, which say the same. */
export function packedRow<Row>(columns: Columns<Row>, row: Row): PackedRow {
  const packed: JsonValue[] = []
  for (const field in columns) {
    const { packing, write } = columns[field]
    packed.push(packing ? packing.pack(row[field]) : write(row[field]))
  }
  return packed
}

/** A query for the rows of a list of packed rows that is the JSON parameter `$1`, the first column's values in order of their bytes. */
export function unpackedRows<Row>(columns: Columns<Row>): string {
  const values: string[] = []
  for (const field in columns) {
    const place = values.length
    values.push(columns[field].packing?.unpack('r', place) ?? `r ->> ${place}`)
  }
  return `select ${values.join(', ')} from jsonb_array_elements($1::jsonb) r order by (r ->> 0) collate "C"`
}
