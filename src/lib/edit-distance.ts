/** Names longer than this are not compared: the work grows with the product of the lengths. */
const LONGEST_COMPARED = 100

/**
 * How many single-letter insertions, deletions, replacements or swaps of neighbours turn one text into the other
 * (optimal string alignment).
 */
export function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      let best = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        best = Math.min(best, at(beforePrevious, column - 2) + 1)
      }
      current.push(best)
    }
    beforePrevious = previous
    previous = current
  }
  return at(previous, to.length)
}

/**
 * The name that was probably meant: the nearest candidate, when it is near enough (a third of its letters, at least one).
 * `maxLatencyMs`, `max-latency-ms` and `Max_Latency_Ms` are all zero away from `max_latency_ms`.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST_COMPARED) return undefined
  const wanted = plain(name)
  let nearest: string | undefined
  let nearestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const reach = Math.max(1, Math.floor(candidate.length / 3))
    if (Math.abs(candidate.length - name.length) > reach + name.length / 2) continue
    if (candidate.length > LONGEST_COMPARED) continue
    const distance = editDistance(wanted, plain(candidate))
    if (distance <= reach && distance < nearestDistance) {
      nearest = candidate
      nearestDistance = distance
    }
  }
  return nearest
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '')
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY
}
