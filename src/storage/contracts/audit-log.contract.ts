import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AuditEntry } from './audit-log.ts'
import { type OpenStorage, type StorageUnderTest, unique } from './samples.contract.ts'

function entry(changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    actor: 'key_admin',
    action: 'kill_switch.on',
    subject: 'tenant=acme',
    before: null,
    after: { on: true },
    reason: 'runaway agent',
    ...changes,
  }
}

/** What every audit log must do. */
export function auditLogContract(open: OpenStorage): void {
  let under: StorageUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())

  it('gives each entry an id and the store’s own time, and lists it as it was written', async () => {
    const subject = unique('subject')
    const row = await under.storage.audit.append(entry({ subject, before: [1, 'x'], reason: null }))
    expect(row).toMatchObject(entry({ subject, before: [1, 'x'], reason: null }))
    expect(Math.abs(row.at - (await under.storage.ledger.now()))).toBeLessThan(60_000)
    expect(await under.storage.audit.list({ limit: 5, subject })).toEqual({ rows: [row], nextCursor: null })
  })

  it('lists newest first, in pages, by actor and subject', async () => {
    const { audit } = under.storage
    const [actor, subject] = [unique('actor'), unique('subject')]
    const first = await audit.append(entry({ actor, subject }))
    const second = await audit.append(entry({ actor, subject: 'other' }))
    const third = await audit.append(entry({ actor, subject }))
    const page = await audit.list({ limit: 2, actor })
    expect(page.rows).toEqual([third, second])
    expect((await audit.list({ limit: 2, actor, cursor: page.nextCursor ?? '' })).rows).toEqual([first])
    expect((await audit.list({ limit: 5, actor, subject })).rows).toEqual([third, first])
  })
}
