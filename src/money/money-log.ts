/** Where the money room says what an operator should know. A pino logger fits. */
export interface MoneyLog {
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** A log that says nothing. */
export const SILENT: MoneyLog = { info: () => undefined, warn: () => undefined, error: () => undefined }
