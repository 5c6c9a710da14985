import { type Fault, type Path, pathText } from './problem.ts'
import { type FileSecret, readSecretFile } from './secret-file.ts'
import { type Environment, substitute } from './substitute.ts'

/** Deeper than any config needs; keeps hostile nesting from exhausting the stack. */
const DEEPEST = 32

/** Keys that reach an object's prototype when they are assigned. */
const PROTOTYPE_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Collects plain data while a source is walked: fills variables, keeps dangerous keys and depths out, notes what was wrong. */
export class DataBuilder {
  readonly faults: Fault[] = []
  readonly substituted = new Set<string>()
  /** Stamps of the files that secrets were read from, or should have been. */
  readonly secretFiles = new Map<string, string>()
  readonly #env: Environment
  readonly #readFile: (path: string) => FileSecret
  #tooDeep = false

  constructor(env: Environment, readFile: (path: string) => FileSecret = readSecretFile) {
    this.#env = env
    this.#readFile = readFile
  }

  /** A text with its variables filled in. */
  text(path: Path, written: string): string {
    const { text, changed, faults } = substitute(written, this.#env, (file) => {
      const secret = this.#readFile(file)
      this.secretFiles.set(file, secret.stamp)
      return secret
    })
    for (const message of faults) this.faults.push({ path, message })
    if (changed) this.substituted.add(pathText(path))
    return text
  }

  /** Whether a key may be used. */
  allowsKey(path: Path, key: string): boolean {
    if (!PROTOTYPE_KEYS.has(key)) return true
    this.faults.push({ path: [...path, key], message: 'is a name that may not be used here', atKey: true })
    return false
  }

  /** Whether the walk may go on below a path. */
  allowsDepth(path: Path): boolean {
    if (path.length < DEEPEST) return true
    if (!this.#tooDeep) this.faults.push({ path, message: `is nested more than ${DEEPEST} levels deep` })
    this.#tooDeep = true
    return false
  }
}
