import { ADJUSTMENT_COLUMNS } from '../columns/adjustment-columns.ts'
import type { Columns } from '../columns/column.ts'
import { decodeRow, encodeRow, storableJson } from '../columns/encode-rows.ts'
import { type IdentifiedRequest, REQUEST_COLUMNS } from '../columns/request-columns.ts'
import { SPAN_COLUMNS } from '../columns/span-columns.ts'
import { USAGE_COLUMNS } from '../columns/usage-columns.ts'
import type { LedgerAdjustment, PriceRow, Settlement, SpanRow, UsageRow } from '../contracts/ledger-store.ts'
import { correctionId, type LateSettlement, lateSettlementOf } from '../protocol/late-settlement.ts'
import { identityOf, requestId } from '../protocol/settlement-identity.ts'

/** The ledger's rows in memory, as the tables would give them back. */
export class LedgerRows {
  readonly usage = new Map<string, UsageRow>()
  readonly requests = new Map<string, IdentifiedRequest>()
  readonly spans = new Map<string, SpanRow>()
  readonly prices = new Map<string, PriceRow>()
  readonly adjustments = new Map<string, LedgerAdjustment>()
  #adjustedAt = 0

  /** Writes a settlement if it is new, and says whether it was; see `settlement-identity.ts`. */
  writeIfNew(settlement: Settlement): boolean {
    const known = settlement.usage.length > 0 ? this.usage : this.requests
    if (identityOf(settlement).some((id) => known.has(id))) return false
    this.#write(settlement, settlement.usage)
    return true
  }

  /** Corrects rows that had to be presumed, once; null when there is nothing to correct. See `late-settlement.ts`. */
  correct(settlement: Settlement, nowMs: number): LateSettlement | null {
    const late = lateSettlementOf(settlement, this.usage)
    if (!late || late.corrected.some(({ id }) => this.adjustments.has(correctionId(id)))) return null
    for (const adjustment of late.adjustments) this.adjust({ ...adjustment, createdAt: nowMs })
    this.#write(settlement, late.missing)
    return late
  }

  /** Keeps an adjustment, and says whether it is new. */
  adjust(adjustment: LedgerAdjustment): boolean {
    if (this.adjustments.has(adjustment.id)) return false
    // A microsecond apart at least, so that those of one moment keep their order.
    this.#adjustedAt = Math.max(adjustment.createdAt, this.#adjustedAt + 0.001)
    const row = { ...adjustment, createdAt: this.#adjustedAt }
    this.adjustments.set(row.id, asStored(ADJUSTMENT_COLUMNS, row))
    return true
  }

  #write(settlement: Settlement, usage: readonly UsageRow[]): void {
    for (const row of usage) this.usage.set(row.id, asStored(USAGE_COLUMNS, row))
    if (settlement.request) {
      const request = { ...settlement.request, id: requestId(settlement, settlement.request) }
      this.requests.set(request.id, asStored(REQUEST_COLUMNS, request))
    }
    for (const span of settlement.spans) {
      const name = JSON.stringify([span.traceId, span.tenantId, span.id])
      if (!this.spans.has(name)) this.spans.set(name, asStored(SPAN_COLUMNS, span))
    }
  }
}

/** The row after a way through its table: a copy, with what a column cannot hold replaced. */
export function asStored<Row>(columns: Columns<Row>, row: Row): Row {
  return decodeRow(columns, JSON.parse(storableJson(encodeRow(columns, row))) as Record<string, unknown>)
}
