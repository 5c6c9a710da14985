import type { SecretFiles } from './secret-file.ts'

/** Where something is in a config: keys and list positions from the top. */
export type Path = readonly (string | number)[]

/** A place in a file; both start at 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** Something wrong with a config, in words that say what and where. Never quotes the value of a variable or a secret. */
export interface ConfigProblem {
  /** The file, or null when the config did not come from one. */
  readonly file: string | null
  readonly line: number | null
  readonly column: number | null
  /** `tasks.rag_answer.fallback[0]`; empty for the whole config. */
  readonly path: string
  readonly message: string
  /** The nearest valid name, when what was written looks like it. */
  readonly suggestion?: string
}

/** A problem before it is known where in a file it lies. */
export interface Fault {
  readonly path: Path
  readonly message: string
  readonly suggestion?: string
  /** The place itself, where the path cannot say it (broken syntax). */
  readonly position?: Position
  /** Whether it is the key rather than its value that is wrong. */
  readonly atKey?: boolean
}

/** What a config source gives: plain data with variables filled in, what was wrong so far, and where everything stands. */
export interface SourceDocument {
  /** Undefined when it could not be read: then the faults are all there is to say. */
  readonly value: unknown
  readonly faults: readonly Fault[]
  /** Paths, as `pathText` writes them, whose text came from a variable: they may have to become numbers. */
  readonly substituted: ReadonlySet<string>
  /** Stamps of the files that secrets were read from, or should have been. */
  readonly secretFiles: SecretFiles
  /** The place of the key or value at a path, or of the nearest thing around it that exists; null without a file. */
  position(path: Path, atKey: boolean): Position | null
}

/** A path as people write it: `tasks.rag_answer.fallback[0]`, `providers["my.host"].type`. */
export function pathText(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (!/^[A-Za-z0-9_-]+$/.test(step)) text += `[${JSON.stringify(step)}]`
    else text += text ? `.${step}` : step
  }
  return text
}
