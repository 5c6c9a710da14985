import { afterAll, beforeAll, expect, it } from 'vitest'
import type { KeyRow } from './key-store.ts'
import { type OpenStorage, type StorageUnderTest, unique } from './samples.contract.ts'

const UNAVAILABLE = expect.objectContaining({ code: 'ledger_unavailable' })

function keyRow(changes: Partial<KeyRow> = {}): KeyRow {
  return {
    id: unique('key'),
    kind: 'tenant',
    mac: unique('mac'),
    prefix: 'hg-tenant-3fA…9xQ2',
    name: 'ci',
    tenantId: 'acme',
    tenants: [],
    defaults: { feature: 'chat' },
    allowedModels: null,
    expiresAt: null,
    revokedAt: null,
    createdAt: Date.now(),
    ...changes,
  }
}

/** What every store of virtual keys must do. */
export function keyStoreContract(open: OpenStorage): void {
  let under: StorageUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())

  it('makes one secret for each database, however many ask at once, with 256 bits', async () => {
    const secrets = await Promise.all(Array.from({ length: 8 }, () => under.storage.keys.macSecret()))
    expect(new Set(secrets).size).toBe(1)
    expect(secrets[0]).toMatch(/^[0-9a-f]{64}$/)
    const other = await open()
    expect(await other.storage.keys.macSecret()).not.toBe(secrets[0])
    await other.close()
  })

  it('gives back each kind of key as it was written', async () => {
    const { keys } = under.storage
    const rows = [
      keyRow(),
      keyRow({ kind: 'service', tenantId: null, tenants: ['acme', '*'], allowedModels: [] }),
      keyRow({ kind: 'admin', tenantId: null, name: null, defaults: {}, expiresAt: 5_000, allowedModels: ['a/b'] }),
    ]
    for (const row of rows) await keys.insert(row)
    for (const row of rows) expect(await keys.findByMac(row.mac)).toEqual(row)
    expect(await keys.findByMac('none')).toBeNull()
  })

  it('refuses a second key with the same id or the same secret', async () => {
    const { keys } = under.storage
    const row = keyRow()
    await keys.insert(row)
    await expect(keys.insert(keyRow({ id: row.id }))).rejects.toEqual(UNAVAILABLE)
    await expect(keys.insert(keyRow({ mac: row.mac }))).rejects.toEqual(UNAVAILABLE)
    expect(await keys.findByMac(row.mac)).toEqual(row)
  })

  it('lists keys newest first, in pages', async () => {
    const other = await open()
    const { keys } = other.storage
    const rows = [1, 2, 3].map((createdAt) => keyRow({ createdAt }))
    for (const row of rows) await keys.insert(row)
    const first = await keys.list({ limit: 2 })
    const second = await keys.list({ limit: 2, cursor: first.nextCursor ?? '' })
    expect([...first.rows, ...second.rows]).toEqual(rows.toReversed())
    expect(second.nextCursor).toBeNull()
    await other.close()
  })

  it('revokes a key once and keeps the first time; an unknown key is said to be unknown', async () => {
    const { keys } = under.storage
    const row = keyRow()
    await keys.insert(row)
    expect(await keys.revoke(row.id, 7_000)).toBe(true)
    expect(await keys.revoke(row.id, 9_000)).toBe(true)
    expect((await keys.findByMac(row.mac))?.revokedAt).toBe(7_000)
    expect(await keys.revoke(unique('key'), 7_000)).toBe(false)
  })

  it('names the keys revoked at or after a time', async () => {
    const { keys } = under.storage
    const [early, late, never] = [keyRow(), keyRow(), keyRow()]
    for (const row of [early, late, never]) await keys.insert(row)
    await keys.revoke(early.id, 20_000)
    await keys.revoke(late.id, 30_000)
    expect(await keys.revokedSince(30_000)).toContain(late.mac)
    expect(await keys.revokedSince(30_000)).not.toContain(early.mac)
    const all = await keys.revokedSince(20_000)
    expect(all).toEqual(expect.arrayContaining([early.mac, late.mac]))
    expect(all).not.toContain(never.mac)
  })
}
