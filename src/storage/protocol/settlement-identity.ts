import { GatewayError } from '../../errors/gateway-error.ts'
import type { RequestRow, Settlement } from '../contracts/ledger-store.ts'

/*
 * When is a settlement new? Its identity is the set of its usage rows' ids (the attempts). A settlement is new when none of these rows
 * exists; then all of it is written and its money is posted. If even one exists, the exchange was settled before, by its owner or by
 * whoever buried its owner, and nothing of it is written or posted: all or nothing, so the books always equal the rows.
 * A settlement without usage rows is known by its request row. One with neither carries spans only, and may not carry money.
 */

/** The key of a request row: the exchange's first attempt, so that several exchanges may share a trace. */
export function requestId(settlement: Settlement, request: RequestRow): string {
  return settlement.usage[0]?.id ?? JSON.stringify([request.tenantId, request.traceId])
}

/** The ids that decide whether a settlement is new. */
export function identityOf(settlement: Settlement): readonly string[] {
  if (settlement.usage.length > 0) return settlement.usage.map((row) => row.id)
  return settlement.request ? [requestId(settlement, settlement.request)] : []
}

/** Refuses settlements that could be posted twice because nothing identifies them. */
export function assertIdentified(settlements: readonly Settlement[]): void {
  for (const settlement of settlements) {
    if (settlement.usage.length === 0 && settlement.request === null && settlement.postings.length > 0) {
      throw new GatewayError('internal', 'A settlement posts money without a usage row or a request row to know it by.')
    }
  }
}

/** Splits a batch so that no id comes twice within a part; the order stays. Nearly always one part. */
export function splitAtRepeats(settlements: readonly Settlement[]): readonly (readonly Settlement[])[] {
  const parts: Settlement[][] = []
  let part: Settlement[] = []
  let seen = new Set<string>()
  for (const settlement of settlements) {
    const ids = identityOf(settlement)
    if (ids.some((id) => seen.has(id))) {
      parts.push(part)
      part = []
      seen = new Set()
    }
    part.push(settlement)
    for (const id of ids) seen.add(id)
  }
  return part.length > 0 ? [...parts, part] : parts
}
