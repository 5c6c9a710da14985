import { type Path, type Position, pathText } from './problem.ts'

/** Remembers where in a file every key and value stands. */
export class Places {
  readonly #keys = new Map<string, Position>()
  readonly #values = new Map<string, Position>()

  /** Notes where the key of a path is. */
  addKey(path: Path, position: Position): void {
    this.#keys.set(pathText(path), position)
  }

  /** Notes where the value of a path begins. */
  addValue(path: Path, position: Position): void {
    this.#values.set(pathText(path), position)
  }

  /**
   * Where to look for what is at a path: at its value when that begins on the line of its key, else at the key (a list or mapping begins
   * lines later). For what does not exist: the key of the nearest thing around it.
   */
  find(path: Path, atKey: boolean): Position {
    for (let length = path.length; length > 0; length -= 1) {
      const text = pathText(path.slice(0, length))
      const key = this.#keys.get(text)
      const value = this.#values.get(text)
      const wantsValue = length === path.length && !atKey && value?.line === key?.line
      const found = wantsValue ? value : (key ?? value)
      if (found) return found
    }
    return this.#values.get('') ?? { line: 1, column: 1 }
  }
}
