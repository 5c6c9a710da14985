import type { Clock } from '../../lib/clock.ts'
import type { Storage, StorageLog } from '../contracts/storage.ts'
import { createAlertStore } from './alert-store.ts'
import { createAuditLog } from './audit-log.ts'
import { assertPostgresUrl } from './connection-pool.ts'
import { createDatabase } from './database.ts'
import { createFeedbackStore } from './feedback-store.ts'
import { createIdempotencyStore } from './idempotency-store.ts'
import { inspect } from './inspect.ts'
import { createJobStore } from './job-store.ts'
import { createKeyStore } from './key-store.ts'
import { createKillSwitchStore } from './kill-switch-store.ts'
import { createLedgerReader } from './ledger-reader.ts'
import { createLedgerStore } from './ledger-store.ts'
import { DEFAULT_LIMITS, type PostgresLimits } from './limits.ts'
import { migrate } from './migrate.ts'
import { MIGRATIONS } from './migrations/list.ts'
import { createPolicyStore } from './policy-store.ts'
import { createSpanStore } from './span-store.ts'

/** What `openPostgresStorage` needs. */
export interface PostgresStorageOptions {
  /** `postgres://user:password@host:5432/database`; holds a password and is never logged. */
  readonly url: string
  readonly clock: Clock
  /** Told of lost idle connections; silent by default. */
  readonly log?: StorageLog
  /** Overrides of `DEFAULT_LIMITS`. */
  readonly limits?: Partial<PostgresLimits>
  /** Whether callers wait by now; until then a busy server is waited for as long as a connection may take. Default: they do. */
  readonly callersWait?: () => boolean
}

/**
 * Storage in PostgreSQL. Connects when first used, so that a database that is away at the start is an error of the first call and not of
 * opening; throws GatewayError `ledger_unavailable` when the URL is none. Call `migrate` before anything else.
 */
export async function openPostgresStorage(options: PostgresStorageOptions): Promise<Storage> {
  const { url, clock, log = SILENT, callersWait = () => true } = options
  assertPostgresUrl(url)
  const databaseOptions = { url, log, callersWait, limits: { ...DEFAULT_LIMITS, ...options.limits } }
  const database = createDatabase(databaseOptions)
  return {
    ledger: createLedgerStore(database),
    reader: createLedgerReader(database),
    keys: createKeyStore(database),
    audit: createAuditLog(database, clock),
    killSwitches: createKillSwitchStore(database, clock),
    alerts: createAlertStore(database, clock),
    jobs: createJobStore(database),
    idempotency: createIdempotencyStore(database),
    policies: createPolicyStore(database, clock),
    feedback: createFeedbackStore(database, clock),
    spans: createSpanStore(database),
    migrate: () => migrate(databaseOptions, MIGRATIONS),
    inspect: () => inspect(database, MIGRATIONS),
    close: () => database.close(),
  }
}

const SILENT: StorageLog = { warn() {} }
