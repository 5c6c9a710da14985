import type { Clock } from '../../lib/clock.ts'
import type { Storage } from '../contracts/storage.ts'
import { createMemoryAlerts } from './alert-store.ts'
import { createMemoryAudit } from './audit-log.ts'
import { createMemoryFeedback } from './feedback-store.ts'
import { createMemoryIdempotency } from './idempotency-store.ts'
import { createMemoryJobs } from './job-store.ts'
import { createMemoryKeys } from './key-store.ts'
import { createMemoryKillSwitches } from './kill-switch-store.ts'
import { createMemoryReader } from './ledger-reader.ts'
import { createMemoryLedger } from './ledger-store.ts'
import { createMemoryPolicies } from './policy-store.ts'
import { LedgerRows } from './rows.ts'
import { createMemorySpans } from './span-store.ts'

/** Storage that lasts as long as the process: the storage URL `memory:`. Everything is kept, so it is not for long runs. */
export function openMemoryStorage({ clock }: { readonly clock: Clock }): Storage {
  const rows = new LedgerRows()
  const audit = createMemoryAudit(clock)
  return {
    ledger: createMemoryLedger(rows, clock),
    reader: createMemoryReader(rows, clock),
    keys: createMemoryKeys(),
    audit,
    killSwitches: createMemoryKillSwitches(audit, clock),
    alerts: createMemoryAlerts(clock),
    jobs: createMemoryJobs(clock),
    idempotency: createMemoryIdempotency(clock),
    policies: createMemoryPolicies(audit, clock),
    feedback: createMemoryFeedback(rows, clock),
    spans: createMemorySpans(rows),
    migrate: async () => ({ applied: [] }),
    inspect: async () => ({
      server: 'memory',
      undurable: ['memory is lost at exit'],
      pendingMigrations: [],
      unknownMigrations: [],
    }),
    close: async () => {},
  }
}
