import type { Columns } from '../columns/column.ts'
import { decodeRow, encodeRow, storableJson } from '../columns/encode-rows.ts'
import { type IdentifiedRequest, REQUEST_COLUMNS } from '../columns/request-columns.ts'
import { SPAN_COLUMNS } from '../columns/span-columns.ts'
import { USAGE_COLUMNS } from '../columns/usage-columns.ts'
import type { PriceRow, Settlement, SpanRow, UsageRow } from '../contracts/ledger-store.ts'
import { identityOf, requestId } from '../protocol/settlement-identity.ts'

/** The ledger's rows in memory, as the tables would give them back. */
export class LedgerRows {
  readonly usage = new Map<string, UsageRow>()
  readonly requests = new Map<string, IdentifiedRequest>()
  readonly spans = new Map<string, SpanRow>()
  readonly prices = new Map<string, PriceRow>()

  /** Writes a settlement if it is new, and says whether it was; see `settlement-identity.ts`. */
  writeIfNew(settlement: Settlement): boolean {
    const known = settlement.usage.length > 0 ? this.usage : this.requests
    if (identityOf(settlement).some((id) => known.has(id))) return false
    for (const row of settlement.usage) this.usage.set(row.id, asStored(USAGE_COLUMNS, row))
    if (settlement.request) {
      const request = { ...settlement.request, id: requestId(settlement, settlement.request) }
      this.requests.set(request.id, asStored(REQUEST_COLUMNS, request))
    }
    for (const span of settlement.spans) {
      const name = JSON.stringify([span.traceId, span.tenantId, span.id])
      if (!this.spans.has(name)) this.spans.set(name, asStored(SPAN_COLUMNS, span))
    }
    return true
  }
}

/** The row after a way through its table: a copy, with what a column cannot hold replaced. */
export function asStored<Row>(columns: Columns<Row>, row: Row): Row {
  return decodeRow(columns, JSON.parse(storableJson(encodeRow(columns, row))) as Record<string, unknown>)
}
