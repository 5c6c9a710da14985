import type { LedgerAdjustment } from '../contracts/ledger-store.ts'
import { type Columns, instant, money, optional, text } from './column.ts'

/** The columns of `ledger_adjustments`. */
export const ADJUSTMENT_COLUMNS: Columns<LedgerAdjustment> = {
  id: text('id'),
  createdAt: instant('created_at'),
  actor: text('actor'),
  reason: text('reason'),
  budgetKey: optional(text('budget_key')),
  windowId: optional(text('window_id')),
  unit: text<LedgerAdjustment['unit']>('unit'),
  amount: money('amount'),
  usageId: optional(text('usage_id')),
}
