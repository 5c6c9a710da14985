import { acceptedBy } from './breaker-board.contract.ts'
import type { BoardEntry, BreakerBoard } from './breaker-board.ts'

/*
 * A board in memory that can hang, be gone, lose its memory and come back, for tests of those who use one. It passes the suite of boards. Not a
 * contract itself: the name keeps it out of the build.
 */

/** See above. */
export class MemoryBoard implements BreakerBoard {
  readonly #now: () => number
  #entries = new Map<string, BoardEntry & { readonly at: number; readonly endsAt: number }>()
  #limited = new Map<string, number>()
  #version = 0
  #state: 'up' | 'hangs' | 'gone' = 'up'
  #held: (() => void)[] = []
  /** How often it was asked for something. */
  posts = 0
  looks = 0

  constructor(now: () => number) {
    this.#now = now
  }

  post({ deployment, entry, known, keepMs }: Parameters<BreakerBoard['post']>[0]): Promise<BoardEntry> {
    this.posts += 1
    return this.#answer(() => {
      const at = this.#now()
      const standing = this.#entries.get(deployment)
      if (!acceptedBy(standing && standing.endsAt > at ? standing : null, { known })) return this.#shown(deployment)
      this.#entries.set(deployment, { ...entry, at, endsAt: at + keepMs })
      this.#version += 1
      return entry
    })
  }

  look(knownVersion: string, limited: readonly (readonly [string, number])[]) {
    this.looks += 1
    return this.#answer(() => {
      const at = this.#now()
      for (const [deployment, forMs] of limited) {
        if (at + forMs <= (this.#limited.get(deployment) ?? 0)) continue
        this.#limited.set(deployment, at + forMs)
        this.#version += 1
      }
      const version = `v${this.#version}`
      if (version === knownVersion) return { version, entries: null, limited: null }
      const alive = [...this.#entries].filter(([, { endsAt }]) => endsAt > at).map(([deployment]) => deployment)
      const limits = [...this.#limited].filter(([, until]) => until > at)
      return {
        version,
        entries: new Map(alive.map((deployment) => [deployment, this.#shown(deployment)])),
        limited: new Map(limits.map(([deployment, until]) => [deployment, until - at])),
      }
    })
  }

  /** From now on nothing is answered, until it comes back. */
  hang(): void {
    this.#state = 'hangs'
  }

  /** From now on everything fails at once; what hung fails too, and was not done. */
  vanish(): void {
    this.#state = 'gone'
    for (const work of this.#held.splice(0)) work()
  }

  /** What was sent to it while it hung is done now, in its order. */
  comeBack(): void {
    this.#state = 'up'
    for (const work of this.#held.splice(0)) work()
  }

  /** Everything is gone that was there. */
  forget(): void {
    this.#entries = new Map()
    this.#limited = new Map()
    this.#version += 1
  }

  #shown(deployment: string): BoardEntry {
    const found = this.#entries.get(deployment)
    if (!found) throw new Error(`the board has no entry of ${deployment}`)
    const { at, endsAt, ...entry } = found
    const passed = this.#now() - at
    const ahead = Math.max(0, -(entry.agoMs + passed))
    return { ...entry, agoMs: entry.agoMs + passed + ahead, forMs: entry.forMs - passed - ahead }
  }

  #answer<Value>(work: () => Value): Promise<Value> {
    return new Promise((resolve, reject) => {
      const now = () => (this.#state === 'gone' ? reject(new Error('connection refused')) : resolve(work()))
      if (this.#state === 'hangs') this.#held.push(now)
      else now()
    })
  }
}
