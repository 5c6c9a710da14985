import { issueKey } from '../access/issue-key.ts'
import type { Storage } from '../storage/contracts/storage.ts'

/** Makes the first admin key of a ledger that has no key yet; null when there are keys. It is shown once and stored as a hash only. */
export async function firstAdminKey({ keys, audit }: Storage): Promise<string | null> {
  const { rows } = await keys.list({ limit: 1 })
  if (rows.length > 0) return null
  const { key, row } = await issueKey(keys, { kind: 'admin', name: 'first start' }, Date.now())
  await audit.append({
    actor: 'process',
    action: 'key.create',
    subject: `key=${row.id}`,
    before: null,
    after: { kind: row.kind, prefix: row.prefix },
    reason: 'first start',
  })
  return key.reveal()
}
