import { ADJUSTMENT_COLUMNS } from '../columns/adjustment-columns.ts'
import type { Columns } from '../columns/column.ts'
import { decodeRow, encodeRow, storableJson } from '../columns/encode-rows.ts'
import { type IdentifiedRequest, REQUEST_COLUMNS } from '../columns/request-columns.ts'
import { SPAN_COLUMNS } from '../columns/span-columns.ts'
import { spanRowsIn } from '../columns/span-groups.ts'
import { USAGE_COLUMNS } from '../columns/usage-columns.ts'
import type { FeedbackRow } from '../contracts/feedback-store.ts'
import type { LedgerAdjustment, PriceRow, Settlement, UsageRow } from '../contracts/ledger-store.ts'
import type { SpanRow } from '../contracts/span-row.ts'
import { requestId } from '../protocol/settlement-identity.ts'

/** The ledger's rows in memory, as the tables would give them back. */
export class LedgerRows {
  readonly usage = new Map<string, UsageRow>()
  readonly requests = new Map<string, IdentifiedRequest>()
  readonly spans = new Map<string, SpanRow>()
  readonly prices = new Map<string, PriceRow>()
  readonly adjustments = new Map<string, LedgerAdjustment>()
  /** By trace, tenant and user. */
  readonly feedback = new Map<string, FeedbackRow>()
  #adjustedAt = 0

  /** Keeps an adjustment, if it is new. */
  adjust(adjustment: LedgerAdjustment): void {
    if (this.adjustments.has(adjustment.id)) return
    // A microsecond apart at least, so that those of one moment keep their order.
    this.#adjustedAt = Math.max(adjustment.createdAt, this.#adjustedAt + 0.001)
    const row = { ...adjustment, createdAt: this.#adjustedAt }
    this.adjustments.set(row.id, asStored(ADJUSTMENT_COLUMNS, row))
  }

  /** Writes the rows of a settlement: of its attempts those that are given. */
  write(settlement: Settlement, usage: readonly UsageRow[]): void {
    for (const row of usage) this.usage.set(row.id, asStored(USAGE_COLUMNS, row))
    if (settlement.request) {
      const request = { ...settlement.request, id: requestId(settlement, settlement.request) }
      this.requests.set(request.id, asStored(REQUEST_COLUMNS, request))
    }
    this.writeSpans(settlement.spans.flatMap(spanRowsIn))
  }

  /** Writes spans that are not there yet. */
  writeSpans(spans: readonly SpanRow[]): void {
    for (const span of spans) {
      const name = JSON.stringify([span.traceId, span.tenantId, span.id])
      if (!this.spans.has(name)) this.spans.set(name, asStored(SPAN_COLUMNS, span))
    }
  }
}

/** The row after a way through its table: a copy, with what a column cannot hold replaced. */
export function asStored<Row>(columns: Columns<Row>, row: Row): Row {
  return decodeRow(columns, JSON.parse(storableJson(encodeRow(columns, row))) as Record<string, unknown>)
}
