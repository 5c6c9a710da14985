import { closeSync, fdatasync, fsyncSync, ftruncateSync, openSync, unlinkSync, utimesSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** A file that only grows. Methods work within the same turn of the event loop; what they wrote survives the process, and after `sync` the machine. */
export interface AppendFile {
  /** Bytes so far. */
  readonly size: number
  /** Writes all of the text or nothing of it. Throws what the system says when it cannot. */
  append(text: string): void
  /** Resolves when all that was appended before is on the disk. Those who ask while one flush runs share the next. */
  sync(): Promise<void>
  /** Sets the file's time to now. Never throws. */
  touch(): void
  close(): void
  /** Closes and deletes the file. Never throws. */
  remove(): void
}

/** The system calls that a disk makes interesting. */
export interface AppendCalls {
  readonly sync: (descriptor: number, done: (error: Error | null) => void) => void
  readonly write: (descriptor: number, bytes: Uint8Array, from: number, length: number) => number
  readonly truncate: (descriptor: number, size: number) => void
}

const SYSTEM: AppendCalls = { write: writeSync, truncate: ftruncateSync, sync: fdatasync }

/** What is written next, where there is room for it: every append is over before the next begins. */
const scratch = Buffer.allocUnsafeSlow(16 * 1024)
/** Of one UTF-16 unit in UTF-8. */
const MOST_BYTES = 3

/** Creates a file that only this user can read. Throws when it exists or cannot be made. */
export function createAppendFile(path: string, calls: AppendCalls = SYSTEM): AppendFile {
  const descriptor = openSync(path, 'ax', 0o600)
  let size = 0
  let open = true
  let torn = false
  let flushing: Promise<void> | null = null
  let next: Promise<void> | null = null
  const close = (): void => {
    if (open) closeSync(descriptor)
    open = false
  }
  let isNamed = false
  const flush = (): Promise<void> =>
    new Promise((resolve, reject) => {
      // What is in a file is of no use to anybody who does not find the file.
      if (!isNamed) quietly(() => flushDirectory(dirname(path)))
      isNamed = true
      calls.sync(descriptor, (error) => (error ? reject(error) : resolve()))
    })
  const begin = (): Promise<void> => {
    next = null
    flushing = flush().finally(() => {
      flushing = null
    })
    return flushing
  }
  return {
    get size() {
      return size
    },
    append(text) {
      const whole = torn ? `\n${text}` : text
      const most = whole.length * MOST_BYTES
      const bytes = most <= scratch.length ? scratch : Buffer.allocUnsafe(most)
      const length = bytes.write(whole)
      let written = 0
      try {
        while (written < length) written += calls.write(descriptor, bytes, written, length - written)
      } catch (error) {
        // A disk that is nearly full takes a part. Cut it off; where that fails, the next line begins on a line of its own.
        torn = torn || written > 0
        quietly(() => {
          calls.truncate(descriptor, size)
          torn = false
        })
        throw error
      }
      torn = false
      size += length
    },
    sync() {
      if (!flushing) return begin()
      next ??= flushing.then(begin, begin)
      return next
    },
    touch() {
      quietly(() => utimesSync(path, new Date(), new Date()))
    },
    close,
    remove() {
      quietly(close)
      quietly(() => unlinkSync(path))
    },
  }
}

function flushDirectory(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // Nobody can do anything about it here; what remains is found by the next recovery.
  }
}
