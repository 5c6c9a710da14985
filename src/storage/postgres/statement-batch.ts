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
  /** When it is given up, in monotonic ms. */
  readonly until: number
  readonly #statements: readonly Statement[]
  readonly #named: boolean
  readonly #outcome = Promise.withResolvers<void>()

  /** `named`: whether the connection is told statements once, by name. That takes a connection that leads to the same server process every time. */
  constructor(statements: readonly Statement[], named: boolean, until: number) {
    this.#statements = statements
    this.#named = named
    this.until = until
    this.done = this.#outcome.promise
  }

  /** Waits no longer. Its connection is then of no use to anybody: the answer may still be on the way. */
  giveUp(error: Error): void {
    this.#outcome.reject(error)
  }

  submit(connection: Connection): void {
    connection.stream.write(batchMessage(this.#statements, this.#named ? preparedOn(connection) : null))
  }

  handleError(error: Error, connection: Connection): void {
    // How many of them the server came to hear is not known.
    prepared.delete(connection)
    this.#outcome.reject(error)
  }

  handleReadyForQuery(): void {
    this.#outcome.resolve()
  }

  // What each statement has to say on the way is of no interest.
  handleCommandComplete(): void {}
  handleDataRow(): void {}
}

/** The names of the statements that a connection knows. */
const prepared = new WeakMap<Connection, Set<string>>()

function preparedOn(connection: Connection): Set<string> {
  const known = prepared.get(connection) ?? new Set()
  prepared.set(connection, known)
  return known
}

const INVALID_SQL_STATEMENT_NAME = '26000'

/** Whether a batch failed, and left nothing, because the server process did not know a name that its connection had been told. */
export function lostNames(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === INVALID_SQL_STATEMENT_NAME
}
