import { GatewayError } from '../../errors/gateway-error.ts'
import { parseJson } from '../../lib/json.ts'

/** The most rows that one page holds. */
export const MOST_ROWS = 1000

/** A place in a list that is ordered by time and id, newest first. */
export interface Place {
  /** ms since 1970. */
  readonly at: number
  readonly id: string
}

/** The opaque cursor that continues after a place. */
export function cursorAfter(place: Place): string {
  return Buffer.from(JSON.stringify([place.at, place.id])).toString('base64url')
}

/** The place that a cursor stands for; GatewayError `invalid_request` when it is none of ours. */
export function placeOf(cursor: string): Place {
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (Array.isArray(parts) && typeof parts[0] === 'number' && typeof parts[1] === 'string') {
    return { at: parts[0], id: parts[1] }
  }
  throw new GatewayError('invalid_request', 'The cursor is not one that this list gave; start again without it.', {
    param: 'cursor',
  })
}

/** A page size within 1 to 1000. */
export function pageSize(limit: number): number {
  return Math.min(Math.max(Math.trunc(limit) || 1, 1), MOST_ROWS)
}

/** Cuts one row more than a page into the page and its cursor. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  place: (row: Row) => Place,
): { readonly rows: readonly Row[]; readonly nextCursor: string | null } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { rows: page, nextCursor: rows.length > limit && last !== undefined ? cursorAfter(place(last)) : null }
}
