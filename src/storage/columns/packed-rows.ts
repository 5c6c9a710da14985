import type { JsonValue } from '../../lib/json.ts'
import type { Columns } from './column.ts'

/*
 * Rows on their way into a table, each as the list of its columns' values: the names are said by the statement, and neither made, written nor read for
 * each row. Every call leaves two such rows, of which the names would be a third.
 */

/** A row as the values of its columns, in their order. */
export type PackedRow = readonly JsonValue[]

/** A row of any columns, but for those that travel apart. Rows that every call leaves are packed by functions written out for them, which say the same. */
export function packedRow<Row>(columns: Columns<Row>, row: Row, apart?: keyof Row): PackedRow {
  const packed: JsonValue[] = []
  for (const field in columns) {
    const { packing, write } = columns[field]
    if (field !== apart) packed.push(packing ? packing.pack(row[field]) : write(row[field]))
  }
  return packed
}

/**
 * A query for the rows of a list of packed rows that is a JSON parameter, `$1` by default, the first column's values in order of their bytes. The JSON of a
 * column that travels `apart` is in the list of the next parameter, in the same order as the rows.
 */
export function unpackedRows<Row>(columns: Columns<Row>, parameter = 1, apart?: keyof Row): string {
  const values: string[] = []
  let place = 0
  for (const field in columns) {
    if (field === apart) values.push(`nullif(apart, 'null')`)
    else {
      values.push(columns[field].packing?.unpack('r', place) ?? `r ->> ${place}`)
      place += 1
    }
  }
  const rows = listOf(parameter)
  const lists = apart === undefined ? `${rows} r` : `rows from (${rows}, ${listOf(parameter + 1)}) lists(r, apart)`
  return `select ${values.join(', ')} from ${lists} order by (r ->> 0) collate "C"`
}

function listOf(parameter: number): string {
  return `jsonb_array_elements($${parameter}::jsonb)`
}
