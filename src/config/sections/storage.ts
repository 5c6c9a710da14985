import * as z from 'zod'
import { Secret } from '../../lib/secret.ts'

/** Where the ledger lives. The URL of a server is secret because it may hold a password. */
export type StorageTarget =
  | { readonly kind: 'embedded'; readonly dataDir: string }
  | { readonly kind: 'postgres'; readonly url: Secret }
  | { readonly kind: 'memory' }

/** The store of money, usage, traces and keys. */
export interface StorageConfig {
  readonly target: StorageTarget
  /** What happens to new calls without the ledger: 503 `ledger_unavailable`, or calls within the money that is borrowed already. */
  readonly onOutage: 'refuse' | 'journal'
}

/** `storage` */
export const storageSection = z
  .strictObject({
    url: z
      .string()
      .regex(/^(?:embedded:.+|postgres(?:ql)?:\/\/.+|memory:)$/, {
        error: 'must be embedded:DIRECTORY, postgres://… or memory:',
        abort: true,
      })
      .transform(storageTarget)
      .prefault('embedded:./.headgate')
      .describe(
        'The ledger. `embedded:DIR`: a PostgreSQL of our own with its data in DIR (relative to the working directory). `postgres://…`: your server. `memory:`: for tests, lost at exit.',
      ),
    on_outage: z
      .enum(['refuse', 'journal'])
      .prefault('refuse')
      .describe(
        'What happens to calls while the ledger cannot be reached. `refuse`: 503 `ledger_unavailable`. `journal`: for up to 24 seconds calls go on within the budgets that this instance has borrowed, and settlements are kept in a file until the ledger is back. Counts from the start, not from a reload.',
      ),
  })
  .transform((section): StorageConfig => ({ target: section.url, onOutage: section.on_outage }))

function storageTarget(url: string): StorageTarget {
  if (url === 'memory:') return { kind: 'memory' }
  if (url.startsWith('embedded:')) return { kind: 'embedded', dataDir: url.slice('embedded:'.length) }
  return { kind: 'postgres', url: new Secret(url) }
}
