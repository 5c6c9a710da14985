import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import type { LoadResult } from './load.ts'
import type { ConfigProblem } from './problem.ts'
import { configVersion, readConfigFile } from './resolve.ts'
import type { Config } from './schema.ts'
import { type SecretFiles, secretsMoved } from './secret-file.ts'

// Hot reload. The file's directory is watched rather than the file, because editors and orchestrators replace files instead of writing
// them; a slow poll covers file systems that report nothing. A change is read once it has been quiet for a moment, checked whole, and
// only then handed on. Whatever is wrong with it, the config in force stays: an empty or half-written file is just a bad edit.
// Files that secrets were read from are looked at by the poll alone; a change of one of them is a change of the config.

/** What the watcher needs. */
export interface WatchOptions {
  readonly file: string
  /** The version in force when watching begins. */
  readonly version: string
  /** The files that its secrets were read from. Default: none. */
  readonly secretFiles?: SecretFiles
  /** Checks a text: `loadConfigText` with its options bound. */
  readonly load: (text: string, file: string) => LoadResult
  /** Takes a good config into force. When it throws, the config counts as rejected and the old one stays. */
  readonly onAccepted: (config: Config, version: string) => void | Promise<void>
  readonly onRejected: (problems: readonly ConfigProblem[]) => void
  readonly clock: Clock
  /** How long the file must be left alone before it is read. Default 100 ms. */
  readonly quietMs?: number
  /** How often the file is looked at when nothing was reported. Default 2000 ms. */
  readonly pollMs?: number
}

/** The state of the config, in the form of `/readyz`. */
export interface ConfigStatus {
  readonly version: string
  /** ISO time. */
  readonly loaded_at: string
  /** The last edit, when it was not taken; null once a good one was. */
  readonly rejected: {
    readonly version: string
    readonly at: string
    readonly problems: readonly ConfigProblem[]
  } | null
}

const NO_FILES: SecretFiles = new Map()

/** A watched config file. */
export class ConfigWatcher {
  readonly #options: WatchOptions
  #status: ConfigStatus
  #seen: string
  #stamp = ''
  /** As they were when the config in force was read, and when the newest was. */
  #secretsInForce: SecretFiles
  #secretsSeen: SecretFiles
  #checks: Promise<void> = Promise.resolve()
  #watcher: FSWatcher | undefined
  #quiet: NodeJS.Timeout | undefined
  #poll: NodeJS.Timeout | undefined
  #closed = false

  /** Begins to watch at once. Keeps no process alive. */
  constructor(options: WatchOptions) {
    this.#options = options
    this.#seen = options.version
    this.#secretsInForce = options.secretFiles ?? NO_FILES
    this.#secretsSeen = this.#secretsInForce
    this.#status = { version: options.version, loaded_at: this.#now(), rejected: null }
    this.#watcher = this.#watchDirectory()
    this.#poll = setInterval(() => void this.#pollOnce(), options.pollMs ?? 2000).unref()
  }

  /** What is in force and what was turned down. */
  status(): ConfigStatus {
    return this.#status
  }

  /** Reads the file now. Resolves when what it says is in force or turned down, or was put off because it is being written. */
  check(): Promise<void> {
    this.#checks = this.#checks.then(() => this.#checkOnce())
    return this.#checks
  }

  /** Stops watching. A check that has begun still ends, without effect. */
  close(): void {
    this.#closed = true
    this.#watcher?.close()
    clearTimeout(this.#quiet)
    clearInterval(this.#poll)
  }

  #watchDirectory(): FSWatcher | undefined {
    const { file } = this.#options
    try {
      // Any event counts: a file mounted through links changes under another name.
      const watcher = watch(dirname(file), { persistent: false }, (_event, name) => {
        if (name === null || name === basename(file) || name.startsWith('..')) this.#touched()
      })
      watcher.on('error', () => watcher.close())
      return watcher
    } catch {
      return undefined
    }
  }

  #touched(): void {
    clearTimeout(this.#quiet)
    if (!this.#closed) this.#quiet = setTimeout(() => void this.check(), this.#options.quietMs ?? 100).unref()
  }

  async #pollOnce(): Promise<void> {
    const stamp = await fileStamp(this.#options.file)
    if (stamp !== this.#stamp || secretsMoved(this.#secretsSeen)) this.#touched()
    this.#stamp = stamp
  }

  async #checkOnce(): Promise<void> {
    const { file, load, onAccepted } = this.#options
    const before = await fileStamp(file)
    const text = await readConfigFile(file)
    if (this.#closed) return
    if (before !== (await fileStamp(file))) return this.#touched()
    const version = typeof text === 'string' ? configVersion(text) : 'none'
    const isNews = version !== this.#seen || secretsMoved(this.#secretsSeen)
    this.#seen = version
    if (!isNews) return
    if (version === this.#status.version && !secretsMoved(this.#secretsInForce)) {
      this.#secretsSeen = this.#secretsInForce
      this.#status = { ...this.#status, rejected: null }
      return
    }
    if (typeof text !== 'string') {
      // Asked again when there is a text again.
      this.#secretsSeen = NO_FILES
      return this.#reject(version, [text])
    }
    try {
      const result = load(text, file)
      this.#secretsSeen = result.secretFiles ?? NO_FILES
      if (!result.ok) return this.#reject(version, result.problems)
      await onAccepted(result.config, version)
      this.#secretsInForce = this.#secretsSeen
      this.#status = { version, loaded_at: this.#now(), rejected: null }
    } catch (error) {
      const message = `cannot be put into force: ${error instanceof Error ? error.message : String(error)}`
      this.#reject(version, [{ file, line: null, column: null, path: '', message }])
    }
  }

  #reject(version: string, problems: readonly ConfigProblem[]): void {
    this.#status = { ...this.#status, rejected: { version, at: this.#now(), problems } }
    this.#options.onRejected(problems)
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString()
  }
}

/** Changes whenever the file does. */
async function fileStamp(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file)
    return `${mtimeMs}:${size}:${ino}`
  } catch {
    return 'none'
  }
}
