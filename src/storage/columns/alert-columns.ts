import type { AlertRow } from '../contracts/alert-store.ts'
import { type Columns, instant, json, text } from './column.ts'

/** The columns of `alerts`. */
export const ALERT_COLUMNS: Columns<AlertRow> = {
  id: text('id'),
  key: text('key'),
  kind: text('kind'),
  scope: json<AlertRow['scope']>('scope'),
  message: text('message'),
  details: json<AlertRow['details']>('details'),
  at: instant('at'),
}
