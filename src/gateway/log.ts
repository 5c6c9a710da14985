/** Where the engine reports what an operator should know. A pino logger fits. */
export interface Log {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** A log that says nothing: the library's default, because a library does not write to its host's output. */
export const SILENT_LOG: Log = { info: () => undefined, warn: () => undefined, error: () => undefined }
