import type { AlertStore } from './alert-store.ts'
import type { AuditLog } from './audit-log.ts'
import type { FeedbackStore } from './feedback-store.ts'
import type { IdempotencyStore } from './idempotency-store.ts'
import type { JobStore } from './job-store.ts'
import type { KeyStore } from './key-store.ts'
import type { KillSwitchStore } from './kill-switch-store.ts'
import type { LedgerReader } from './ledger-reader.ts'
import type { LedgerStore } from './ledger-store.ts'
import type { PolicyStore } from './policy-store.ts'
import type { SpanStore } from './span-store.ts'

/** What `migrate` did. */
export interface MigrationReport {
  /** Names of the migrations that this call applied, in order; empty when the schema was up to date. */
  readonly applied: readonly string[]
}

/** The state of a database, for a self-check. */
export interface StorageCondition {
  /** `PostgreSQL 18.4`, or `memory`. */
  readonly server: string
  /** Settings under which a committed charge may be lost with the machine: `fsync is off`. Empty where commits wait for the disk. */
  readonly undurable: readonly string[]
  /** Names of the migrations that the schema lacks, in order. */
  readonly pendingMigrations: readonly string[]
  /** Names of migrations that only a newer version knows. */
  readonly unknownMigrations: readonly string[]
}

/** Where the gateway keeps what must survive it. One object for each database. */
export interface Storage {
  readonly ledger: LedgerStore
  readonly reader: LedgerReader
  readonly keys: KeyStore
  readonly audit: AuditLog
  readonly killSwitches: KillSwitchStore
  readonly alerts: AlertStore
  readonly jobs: JobStore
  readonly idempotency: IdempotencyStore
  readonly policies: PolicyStore
  readonly feedback: FeedbackStore
  readonly spans: SpanStore
  /**
   * Brings the schema up to date; to be called before anything else. Several instances may call it at once.
   * Rejects with GatewayError `ledger_unavailable` when the database cannot be reached or belongs to a newer version.
   */
  migrate(): Promise<MigrationReport>
  /** Looks at the database and changes nothing; works on an empty one. Rejects with GatewayError `ledger_unavailable`. */
  inspect(): Promise<StorageCondition>
  /** Closes all connections; safe to call twice. */
  close(): Promise<void>
}

/** Where storage says what went wrong when nobody was waiting for an answer. A pino logger fits. */
export interface StorageLog {
  warn(fields: object, message: string): void
}
