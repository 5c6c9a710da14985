import type { ConfigProblem } from './problem.ts'
import type { ResolvedConfig, ResolveResult } from './resolve.ts'
import { type SecretFiles, secretsMoved } from './secret-file.ts'

/** What the watch needs. */
export interface SecretWatchOptions {
  /** The files that the config in force was made with. */
  readonly files: SecretFiles
  /** Makes the config anew. */
  readonly resolve: () => Promise<ResolveResult>
  /** Takes a good config into force. When it throws, the config counts as rejected and the old one stays. */
  readonly onAccepted: (resolved: ResolvedConfig) => void
  readonly onRejected: (problems: readonly ConfigProblem[]) => void
  /** How often the files are looked at. Default 2000 ms. */
  readonly pollMs?: number
}

/**
 * Watches nothing but the files that secrets were read from: for a gateway in a program of somebody's, whose config is otherwise read once. Keeps
 * no process alive, and does nothing at all when there are no such files.
 */
export class SecretWatch {
  readonly #options: SecretWatchOptions
  readonly #poll: NodeJS.Timeout | null
  #seen: SecretFiles
  #checks: Promise<void> = Promise.resolve()
  #closed = false

  /** Begins to watch at once. */
  constructor(options: SecretWatchOptions) {
    this.#options = options
    this.#seen = options.files
    this.#poll = options.files.size === 0 ? null : setInterval(() => void this.check(), options.pollMs ?? 2000).unref()
  }

  /** Looks now. Resolves when what was found is in force or turned down. */
  check(): Promise<void> {
    this.#checks = this.#checks.then(() => this.#checkOnce())
    return this.#checks
  }

  /** Stops watching. A check that has begun still ends, without effect. */
  close(): void {
    this.#closed = true
    if (this.#poll) clearInterval(this.#poll)
  }

  async #checkOnce(): Promise<void> {
    if (this.#closed || !secretsMoved(this.#seen)) return
    const { resolve, onAccepted, onRejected } = this.#options
    const resolved = await resolve()
    if (this.#closed) return
    // Those of a config that was turned down count too: the same fault is told once.
    if (resolved.ok || resolved.secretFiles) this.#seen = resolved.secretFiles ?? new Map()
    if (!resolved.ok) return onRejected(resolved.problems)
    try {
      onAccepted(resolved)
    } catch (error) {
      const message = `cannot be put into force: ${error instanceof Error ? error.message : String(error)}`
      onRejected([{ file: null, line: null, column: null, path: '', message }])
    }
  }
}
