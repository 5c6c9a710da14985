import { columnNames, encodeRow, storableJson } from '../columns/encode-rows.ts'
import { PRICE_COLUMNS } from '../columns/price-columns.ts'
import type { PriceRow } from '../contracts/ledger-store.ts'
import type { Statement } from './statement.ts'

const COLUMNS = columnNames(PRICE_COLUMNS).join(', ')
const INSERT = `
  insert into llm_prices (${COLUMNS})
  select ${COLUMNS} from json_populate_recordset(null::llm_prices, $1::json) order by version
  on conflict do nothing`

/** Inserts the versions that are not there; those that are stay as they were. */
export function insertMissingPrices(prices: readonly PriceRow[]): Statement {
  return { text: INSERT, values: [storableJson(prices.map((price) => encodeRow(PRICE_COLUMNS, price)))] }
}
