import type { AppendFile } from '../../src/money/append-file.ts'
import type { DispatchDirectory } from '../../src/money/dispatch-directory.ts'
import type { SimulatedProcess } from './virtual-time.ts'

interface StoredFile {
  text: string
  touchedMs: number
}

/** The data directory of a machine: it outlives the processes. Files are in memory. */
export class SimulatedDisk {
  readonly #files = new Map<string, StoredFile>()
  readonly #nowMs: () => number
  /** No writes succeed. */
  full = false

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** How many files there are. */
  get size(): number {
    return this.#files.size
  }

  /** The directory as a process sees it. What a dead process writes does not arrive. */
  directoryOf(owner: SimulatedProcess): DispatchDirectory {
    return {
      create: (name) => this.#create(name, owner),
      list: async () =>
        [...this.#files]
          .map(([name, { text, touchedMs }]) => ({ name, firstLine: text.split('\n')[0] ?? '', touchedMs }))
          .sort((left, right) => (left.name < right.name ? -1 : 1)),
      read: async (name) => this.#files.get(name)?.text ?? '',
      remove: async (name) => {
        if (!owner.dead) this.#files.delete(name)
      },
    }
  }

  #create(name: string, owner: SimulatedProcess): AppendFile {
    if (this.full) throw new Error('no space left on device')
    if (this.#files.has(name)) throw new Error(`${name} exists`)
    const file: StoredFile = { text: '', touchedMs: this.#nowMs() }
    if (!owner.dead) this.#files.set(name, file)
    const touch = (): void => {
      if (!owner.dead) file.touchedMs = this.#nowMs()
    }
    return {
      get size() {
        return file.text.length
      },
      append: (text) => {
        if (this.full) throw new Error('no space left on device')
        if (!owner.dead) file.text += text
        touch()
      },
      sync: async () => {
        if (owner.dead) await new Promise(() => undefined)
      },
      touch,
      close: () => undefined,
      remove: () => {
        if (!owner.dead) this.#files.delete(name)
      },
    }
  }
}
