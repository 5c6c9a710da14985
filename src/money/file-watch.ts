import type { LeftFile } from './dispatch-directory.ts'

/**
 * How long files have been silent, as far as this process has watched them. The clocks of other machines and of file systems say nothing here: only
 * whether a file's time changes between two looks.
 */
export class FileWatch {
  readonly #monotonic: () => number
  #seen = new Map<string, { readonly touchedMs: number; readonly sinceMs: number }>()

  /** `monotonic` gives ms. */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /** Looks at the files there are. Gives by name for how many ms each has not been touched; 0 for those that are new. */
  look(files: readonly LeftFile[]): ReadonlyMap<string, number> {
    const nowMs = this.#monotonic()
    const before = this.#seen
    this.#seen = new Map()
    const silent = new Map<string, number>()
    for (const { name, touchedMs } of files) {
      const known = before.get(name)
      const seen = known?.touchedMs === touchedMs ? known : { touchedMs, sinceMs: nowMs }
      this.#seen.set(name, seen)
      silent.set(name, nowMs - seen.sinceMs)
    }
    return silent
  }
}
