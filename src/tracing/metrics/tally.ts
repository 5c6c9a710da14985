import { Counter, type Registry } from 'prom-client'

/** What a counter is called, and what its labels are. */
export interface TallyName {
  readonly name: string
  readonly help: string
  readonly labels: readonly string[]
}

/**
 * A counter with labels, for the way that every call takes: adding to it is a look into one map a label, and nothing is made. What Prometheus wants to
 * see is put together when it asks.
 */
export class Tally {
  readonly #root = new Cell('')

  constructor(registry: Registry, { name, help, labels }: TallyName) {
    const root = this.#root
    new Counter({
      name,
      help,
      labelNames: labels,
      registers: [registry],
      collect() {
        this.reset()
        root.tell((values, count) => this.inc(named(labels, values), count))
      },
    })
  }

  /** The number under these labels, in the order of the counter's own; it may be kept. */
  of(first: string, second?: string, third?: string, fourth?: string): { count: number } {
    let cell = this.#root.child(first)
    if (second !== undefined) cell = cell.child(second)
    if (third !== undefined) cell = cell.child(third)
    if (fourth !== undefined) cell = cell.child(fourth)
    return cell
  }
}

/** A number, or the way to more of them. */
class Cell {
  count = 0
  readonly #value: string
  #children: Map<string, Cell> | null = null

  constructor(value: string) {
    this.#value = value
  }

  child(value: string): Cell {
    this.#children ??= new Map()
    const known = this.#children.get(value)
    if (known) return known
    const made = new Cell(value)
    this.#children.set(value, made)
    return made
  }

  /** Every number, with the values of its labels. */
  tell(hear: (values: readonly string[], count: number) => void, above: readonly string[] = []): void {
    for (const child of this.#children?.values() ?? []) {
      const values = [...above, child.#value]
      if (child.#children) child.tell(hear, values)
      else hear(values, child.count)
    }
  }
}

function named(labels: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(labels.map((label, index) => [label, values[index] ?? '']))
}
