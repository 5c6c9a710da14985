/*
 * The board on which instances tell one another how the breakers of deployments stand. It holds one entry a deployment and knows no rule of breakers: an
 * entry is replaced by whoever knows it, as one step. Who was overtaken is told what is there now. So of many instances that would send a probe one does, and
 * a result that belongs to an older state changes nothing.
 *
 * Times go there and back as spans from now, by the board's own clock, so that instances need not agree on the time.
 */

/** How the breaker of a deployment stands. */
export interface BoardEntry {
  /** Names this state; no two states ever have the same. Without spaces. */
  readonly id: string
  readonly phase: 'closed' | 'open' | 'half-open'
  readonly failures: number
  readonly ejections: number
  /** How long ago its phase began. */
  readonly agoMs: number
  /** Open: until a probe may go. Half-open: until the lease of the probe ends. Below 0 when that is over. */
  readonly forMs: number
}

/** An entry to be put on the board. */
export interface BoardPost {
  readonly deployment: string
  readonly entry: BoardEntry
  /** It replaces an entry that has one of these ids, and one that is not there (any more). */
  readonly known: readonly string[]
  /** How long it means something. */
  readonly keepMs: number
}

/** What a look at the board shows. */
export interface BoardView {
  /** Names what was seen. */
  readonly version: string
  /** Every entry by deployment; null when nothing changed since the version that was known. */
  readonly entries: ReadonlyMap<string, BoardEntry> | null
  /** Deployments whose providers said that they have no room, and for how long; null as above. */
  readonly limited: ReadonlyMap<string, number> | null
}

/** See above. Both reject when the board does not answer; whether an entry was posted is then not known. */
export interface BreakerBoard {
  /** Puts an entry on the board, unless somebody else did. Gives what is there then: it was accepted when that has its id. */
  post(post: BoardPost): Promise<BoardEntry>
  /** Looks at the board, and notes on it which deployments have no room for how long: the longest that anybody said counts. */
  look(knownVersion: string, limited: readonly (readonly [string, number])[]): Promise<BoardView>
}
