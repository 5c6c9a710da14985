import { expect, test } from 'vitest'
import type { KeyRow, KeyStore } from '../storage/contracts/key-store.ts'
import { issueKey, type KeyAsk } from './issue-key.ts'
import { macOf } from './virtual-key.ts'

const MAC_SECRET = 'm'.repeat(64)
const NOW = 1_700_000_000_000

function table(): { rows: KeyRow[]; store: KeyStore } {
  const rows: KeyRow[] = []
  const store: KeyStore = {
    macSecret: async () => MAC_SECRET,
    insert: async (row) => {
      rows.push(row)
    },
    findByMac: async () => null,
    list: async () => ({ rows, nextCursor: null }),
    revoke: async () => false,
    revokedSince: async () => [],
  }
  return { rows, store }
}

test('the stored row opens nothing: it holds the MAC, not the key', async () => {
  const { rows, store } = table()
  const { key, row } = await issueKey(store, { kind: 'tenant', tenantId: 'acme', defaults: { feature: 'chat' } }, NOW)
  expect(rows).toEqual([row])
  expect(row).toMatchObject({ kind: 'tenant', tenantId: 'acme', defaults: { feature: 'chat' }, createdAt: NOW })
  expect(row.mac).toBe(macOf(key.reveal(), MAC_SECRET))
  expect(JSON.stringify(rows)).not.toContain(key.reveal().slice(-40))
})

test.each<[KeyAsk, string]>([
  [{ kind: 'tenant' }, 'tenant_id'],
  [{ kind: 'tenant', tenantId: 'a', tenants: ['b'] }, 'tenants'],
  [{ kind: 'tenant', tenantId: 'a', defaults: { tenant_id: 'b' } }, 'defaults.tenant_id'],
  [{ kind: 'tenant', tenantId: 'a', expiresAt: NOW }, 'expires_at'],
  [{ kind: 'tenant', tenantId: 'a', expiresAt: Number.NaN }, 'expires_at'],
  [{ kind: 'tenant', tenantId: 'a\n' + 'b' }, 'tenant_id'],
  [{ kind: 'service' }, 'tenants'],
  [{ kind: 'service', tenants: ['a'], tenantId: 'a' }, 'tenant_id'],
  [{ kind: 'admin', tenants: ['*'] }, 'tenants'],
])('a key that makes no sense is refused and nothing is stored: %j', async (ask, param) => {
  const { rows, store } = table()
  await expect(issueKey(store, ask, NOW)).rejects.toMatchObject({ code: 'invalid_request', param })
  expect(rows).toEqual([])
})

test('service and admin keys are made with what they need', async () => {
  const { store } = table()
  expect((await issueKey(store, { kind: 'service', tenants: ['*'] }, NOW)).row).toMatchObject({
    tenants: ['*'],
    tenantId: null,
  })
  expect((await issueKey(store, { kind: 'admin', name: 'ops' }, NOW)).row).toMatchObject({ kind: 'admin', name: 'ops' })
})
