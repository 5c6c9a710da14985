import type { PriceRow } from '../contracts/ledger-store.ts'
import { type Columns, instant, json, text } from './column.ts'

/** The columns of `llm_prices`. */
export const PRICE_COLUMNS: Columns<PriceRow> = {
  version: text('version'),
  provider: text('provider'),
  model: text('model'),
  rates: json<PriceRow['rates']>('rates'),
  source: text('source'),
  firstUsedAt: instant('first_used_at'),
}
