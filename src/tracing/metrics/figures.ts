import { Histogram, type Registry } from 'prom-client'

/** What a histogram is called, and the upper bounds of its buckets. */
export interface FiguresName {
  readonly name: string
  readonly help: string
  readonly buckets: number[]
}

/** How many figures wait at most. */
const ROOM = 256

/**
 * A histogram without labels, for the way that every call takes: a figure is noted, no more. They go into their buckets many at a time, and when
 * Prometheus asks.
 */
export class Figures {
  readonly #waiting = new Float64Array(ROOM)
  readonly #histogram: Histogram
  #count = 0

  constructor(registry: Registry, name: FiguresName) {
    this.#histogram = new Histogram({ ...name, registers: [registry], collect: () => this.#sort() })
  }

  observe(figure: number): void {
    this.#waiting[this.#count] = figure
    this.#count += 1
    if (this.#count === ROOM) this.#sort()
  }

  #sort(): void {
    for (let at = 0; at < this.#count; at += 1) this.#histogram.observe(this.#waiting[at] ?? 0)
    this.#count = 0
  }
}
