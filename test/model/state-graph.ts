/** Which state follows which, by their numbers: to find those from which no way leads to an end. */
export class StateGraph {
  #edges = new Uint32Array(2 ** 16)
  #size = 0
  readonly #ends: number[] = []

  /** One state follows another. */
  edge(from: number, to: number): void {
    if (2 * this.#size === this.#edges.length) {
      const larger = new Uint32Array(2 * this.#edges.length)
      larger.set(this.#edges)
      this.#edges = larger
    }
    this.#edges[2 * this.#size] = from
    this.#edges[2 * this.#size + 1] = to
    this.#size += 1
  }

  /** In this state nothing more happens. */
  end(state: number): void {
    this.#ends.push(state)
  }

  /** The first of so many states from which one can only go round in circles; null when there is none. */
  firstWithoutEnd(states: number): number | null {
    const { starts, before } = this.#backwards(states)
    const ended = new Uint8Array(states)
    const open = [...this.#ends]
    for (const end of open) ended[end] = 1
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      for (let at = starts[state] ?? 0; at < (starts[state + 1] ?? 0); at += 1) {
        const from = before[at] ?? 0
        if (ended[from] === 1) continue
        ended[from] = 1
        open.push(from)
      }
    }
    const found = ended.indexOf(0)
    return found < 0 ? null : found
  }

  /** For each state those before it, one after another: those of state n begin at `starts[n]`. */
  #backwards(states: number): { readonly starts: Uint32Array; readonly before: Uint32Array } {
    const starts = new Uint32Array(states + 1)
    for (let edge = 0; edge < this.#size; edge += 1) {
      const to = (this.#edges[2 * edge + 1] ?? 0) + 1
      starts[to] = (starts[to] ?? 0) + 1
    }
    for (let state = 0; state < states; state += 1) starts[state + 1] = (starts[state + 1] ?? 0) + (starts[state] ?? 0)
    const next = starts.slice()
    const before = new Uint32Array(this.#size)
    for (let edge = 0; edge < this.#size; edge += 1) {
      const to = this.#edges[2 * edge + 1] ?? 0
      const at = next[to] ?? 0
      before[at] = this.#edges[2 * edge] ?? 0
      next[to] = at + 1
    }
    return { starts, before }
  }
}
