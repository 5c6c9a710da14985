import { closeSync, ftruncateSync, openSync, unlinkSync, utimesSync, writeSync } from 'node:fs'

/** A file that only grows. All methods work within the same turn of the event loop; what they wrote survives the process, not the machine. */
export interface AppendFile {
  /** Bytes so far. */
  readonly size: number
  /** Writes all of the text or nothing of it. Throws what the system says when it cannot. */
  append(text: string): void
  /** Sets the file's time to now. Never throws. */
  touch(): void
  close(): void
  /** Closes and deletes the file. Never throws. */
  remove(): void
}

/** The two system calls that a full disk makes interesting. */
export interface AppendCalls {
  readonly write: (descriptor: number, bytes: Uint8Array, from: number) => number
  readonly truncate: (descriptor: number, size: number) => void
}

const SYSTEM: AppendCalls = { write: writeSync, truncate: ftruncateSync }

/** Creates a file that only this user can read. Throws when it exists or cannot be made. */
export function createAppendFile(path: string, calls: AppendCalls = SYSTEM): AppendFile {
  const descriptor = openSync(path, 'ax', 0o600)
  let size = 0
  let open = true
  let torn = false
  const close = (): void => {
    if (open) closeSync(descriptor)
    open = false
  }
  return {
    get size() {
      return size
    },
    append(text) {
      const bytes = Buffer.from(torn ? `\n${text}` : text)
      let written = 0
      try {
        while (written < bytes.length) written += calls.write(descriptor, bytes, written)
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
      size += bytes.length
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

function quietly(work: () => void): void {
  try {
    work()
  } catch {
    // Nobody can do anything about it here; what remains is found by the next recovery.
  }
}
