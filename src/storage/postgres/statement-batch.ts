import type { Connection, Submittable } from 'pg'
import { batchMessage } from './batch-message.ts'
import type { Statement } from './statement.ts'

/**
 * Several statements in one trip to the server, as one transaction.
 *
 * The protocol makes everything between two Syncs a transaction of its own, so neither `begin` nor `commit` is said: the server works through the
 * statements in order, each of which sees what committed before it began, and commits when it comes to the Sync. After the first one that fails it
 * skips the rest and undoes all. Nothing comes back until the end, which is the whole point: a process that has other things to do is woken once.
 */
export class StatementBatch implements Submittable {
  /** Resolves when everything is committed; rejects with the server's error, and then nothing is left. */
  readonly done: Promise<void>
  readonly #statements: readonly Statement[]
  readonly #outcome = Promise.withResolvers<void>()

  constructor(statements: readonly Statement[]) {
    this.#statements = statements
    this.done = this.#outcome.promise
  }

  submit(connection: Connection): void {
    connection.stream.write(batchMessage(this.#statements))
  }

  handleError(error: Error): void {
    this.#outcome.reject(error)
  }

  handleReadyForQuery(): void {
    this.#outcome.resolve()
  }

  // What each statement has to say on the way is of no interest.
  handleCommandComplete(): void {}
  handleDataRow(): void {}
}
