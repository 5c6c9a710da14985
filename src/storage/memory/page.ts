import { type Place, pageOf, pageSize, placeOf } from '../protocol/page-cursor.ts'

/** One page of rows, newest first, and the cursor that continues it. `place` says where a row stands in the list. */
export function memoryPage<Row>(
  rows: Iterable<Row>,
  query: { readonly limit: number; readonly cursor?: string },
  place: (row: Row) => Place,
): { readonly rows: readonly Row[]; readonly nextCursor: string | null } {
  const after = query.cursor === undefined ? null : placeOf(query.cursor)
  const limit = pageSize(query.limit)
  const listed = [...rows]
    .filter((row) => after === null || newestFirst(after, place(row)) < 0)
    .sort((left, right) => newestFirst(place(left), place(right)))
  return pageOf(listed, limit, place)
}

function newestFirst(left: Place, right: Place): number {
  if (left.at !== right.at) return right.at - left.at
  if (left.id === right.id) return 0
  return left.id < right.id ? 1 : -1
}
