/** How long the storage waits for what. Times in ms. */
export interface PostgresLimits {
  /** Connections for calls: loans, settlements, keys. */
  readonly connections: number
  /** Connections for reports and lists; apart, so that no report can hold up a call. */
  readonly readConnections: number
  /** Wait for a free connection. Past it the call is refused rather than queued: a hung database must not hang callers. */
  readonly acquireMs: number
  /** Wait for a new connection to stand; it outlives the waiter, who leaves after `acquireMs`. */
  readonly connectMs: number
  /** Wait for the answer to `begin`, which is no work at all: a server that does not answer it is hung. */
  readonly beginMs: number
  /** The longest statement of a call. */
  readonly statementMs: number
  /** The longest wait for a row that another instance has locked. */
  readonly lockMs: number
  /** The longest statement of a report. */
  readonly reportMs: number
  /** How long a migration waits for others that migrate, and for a lock on a table in use. */
  readonly migrationLockMs: number
}

/** Limits for a database in the same region. */
export const DEFAULT_LIMITS: PostgresLimits = {
  connections: 10,
  readConnections: 3,
  acquireMs: 250,
  connectMs: 5_000,
  beginMs: 400,
  statementMs: 5_000,
  lockMs: 2_000,
  reportMs: 30_000,
  migrationLockMs: 30_000,
}
