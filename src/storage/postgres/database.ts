import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import type { StorageLog } from '../contracts/storage.ts'
import { ConnectionPool } from './connection-pool.ts'
import type { PostgresLimits } from './limits.ts'
import type { Statement } from './statement.ts'
import { unavailable } from './unavailable.ts'

/** A running transaction. */
export type Queries = Transaction<unknown>

/** The database as the stores use it. Every failure is a GatewayError `ledger_unavailable` with the cause. */
export interface Database {
  /**
   * Runs work in one transaction that sees what others commit meanwhile. Durable when it resolves. With `undo`, work whose result it
   * says true of leaves no trace; the result is given all the same.
   */
  write<T>(work: (queries: Queries) => Promise<T>, undo?: (result: T) => boolean): Promise<T>
  /** Runs statements that need nothing of one another's answers, in one trip and one transaction. Durable when it resolves. */
  writeTogether(statements: readonly Statement[]): Promise<void>
  /** Runs reads on one unchanging view of the database, on connections of their own. */
  read<T>(work: (queries: Queries) => Promise<T>): Promise<T>
  /** Closes all connections once running work is done; safe to call twice. */
  close(): Promise<void>
}

/** What a database is opened with. */
export interface DatabaseOptions {
  readonly url: string
  readonly limits: PostgresLimits
  readonly log: StorageLog
  /** See `PoolSettings`. */
  readonly callersWait: () => boolean
}

/** Ends a transaction without a trace. */
class Undone extends Error {
  readonly result: never

  constructor(result: unknown) {
    super('undone')
    this.result = result as never
  }
}

/** Makes a database of a URL. Nothing is connected before the first work. */
export function createDatabase({ limits, ...options }: DatabaseOptions): Database {
  const callPool = new ConnectionPool({ ...options, ...limits })
  const readPool = new ConnectionPool({
    ...options,
    ...limits,
    connections: limits.readConnections,
    statementMs: limits.reportMs,
  })
  const calls = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: callPool }) })
  const reads = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: readPool }) })
  return {
    async write(work, undo = () => false) {
      try {
        return await calls
          .transaction()
          .setIsolationLevel('read committed')
          .execute(async (queries) => {
            const result = await work(queries)
            if (undo(result)) throw new Undone(result)
            return result
          })
      } catch (error) {
        if (error instanceof Undone) return error.result
        throw unavailable(error)
      }
    },
    async writeTogether(statements) {
      try {
        await callPool.together(statements)
      } catch (error) {
        throw unavailable(error)
      }
    },
    async read(work) {
      try {
        const snapshot = reads.transaction().setIsolationLevel('repeatable read').setAccessMode('read only')
        return await snapshot.execute(work)
      } catch (error) {
        throw unavailable(error)
      }
    },
    async close() {
      await Promise.all([callPool.end(), readPool.end()])
    },
  }
}
