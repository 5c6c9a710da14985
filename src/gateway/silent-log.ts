import type { Log } from './engine.ts'

/** A log that says nothing: the library's default, because a library does not write to its host's output. */
export const SILENT_LOG: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }
