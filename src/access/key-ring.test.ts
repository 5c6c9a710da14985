import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { Secret } from '../lib/secret.ts'
import type { KeyRow, KeyStore } from '../storage/contracts/key-store.ts'
import { createKeyRing, type KeyRing, type KeyRingOptions } from './key-ring.ts'
import { type KeyKind, mintKey } from './virtual-key.ts'

const MAC_SECRET = 'm'.repeat(64)

/** A key table that counts look-ups and can be switched off. */
class KeyTable implements KeyStore {
  readonly rows: KeyRow[] = []
  lookups = 0
  down = false
  askedSince: number[] = []

  async macSecret(): Promise<string> {
    this.#mustBeUp()
    return MAC_SECRET
  }
  async insert(row: KeyRow): Promise<void> {
    this.rows.push(row)
  }
  async findByMac(mac: string): Promise<KeyRow | null> {
    this.lookups += 1
    this.#mustBeUp()
    return this.rows.find((row) => row.mac === mac) ?? null
  }
  async list(): Promise<{ rows: readonly KeyRow[]; nextCursor: null }> {
    return { rows: this.rows, nextCursor: null }
  }
  async revoke(id: string, nowMs: number): Promise<boolean> {
    const index = this.rows.findIndex((row) => row.id === id)
    const row = this.rows[index]
    if (!row) return false
    this.rows[index] = { ...row, revokedAt: row.revokedAt ?? nowMs }
    return true
  }
  async revokedSince(sinceMs: number): Promise<readonly string[]> {
    this.#mustBeUp()
    this.askedSince.push(sinceMs)
    return this.rows.filter((row) => row.revokedAt !== null && row.revokedAt >= sinceMs).map((row) => row.mac)
  }

  /** Adds a key and gives its text. */
  add(id: string, change: Partial<KeyRow> = {}, kind: KeyKind = 'tenant'): string {
    const { key, mac, prefix } = mintKey(kind, MAC_SECRET)
    const row: KeyRow = {
      id,
      kind,
      mac,
      prefix,
      name: null,
      tenantId: kind === 'tenant' ? 'acme' : null,
      tenants: kind === 'service' ? ['acme'] : [],
      defaults: {},
      allowedModels: null,
      expiresAt: null,
      revokedAt: null,
      createdAt: 0,
    }
    this.rows.push({ ...row, ...change })
    return key.reveal()
  }

  #mustBeUp(): void {
    if (this.down) throw new GatewayError('ledger_unavailable', 'down')
  }
}

const clock = { now: () => Date.now(), monotonic: () => performance.now() }
let table: KeyTable
let ring: KeyRing

function open(options: Partial<KeyRingOptions> = {}): KeyRing {
  ring?.close()
  ring = createKeyRing({ store: table, clock, ...options })
  return ring
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 })
  table = new KeyTable()
  open()
})
afterEach(() => {
  ring.close()
  vi.useRealTimers()
})

describe('who holds a key', () => {
  test('a tenant key is bound to its tenant and carries its defaults and models', async () => {
    const key = table.add('k1', { defaults: { feature: 'chat' }, allowedModels: ['fast'], tenants: ['globex'] })
    expect(await ring.authenticate(key)).toEqual({
      kind: 'tenant',
      keyId: 'k1',
      tenantId: 'acme',
      tenants: [],
      defaults: { feature: 'chat' },
      allowedModels: ['fast'],
    })
  })

  test('a service key carries its grants and no tenant of its own', async () => {
    const key = table.add('k2', { tenants: ['a', 'b'], tenantId: 'zz' }, 'service')
    expect(await ring.authenticate(key)).toMatchObject({ kind: 'service', tenantId: null, tenants: ['a', 'b'] })
  })

  test('an unknown, a malformed and an expired key are all 401 and do not repeat the key', async () => {
    const unknown = mintKey('tenant', MAC_SECRET).key.reveal()
    const expired = table.add('k3', { expiresAt: clock.now() })
    for (const key of [unknown, 'sk-something', expired]) {
      const error = await ring.authenticate(key).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ code: 'invalid_api_key', status: 401 })
      expect((error as Error).message).not.toContain(key)
    }
  })

  test('a key that expires while it is remembered stops working at that moment', async () => {
    const key = table.add('k4', { expiresAt: clock.now() + 1000 })
    await ring.authenticate(key)
    vi.advanceTimersByTime(1000)
    await expect(ring.authenticate(key)).rejects.toMatchObject({ code: 'invalid_api_key' })
  })

  test('the operator’s own key is an admin, whatever its form, and no other text is', async () => {
    open({ adminKey: new Secret('a long operator word') })
    expect(await ring.authenticate('a long operator word')).toMatchObject({ kind: 'admin' })
    await expect(ring.authenticate('a long operator wore')).rejects.toMatchObject({ code: 'invalid_api_key' })
    expect(table.lookups).toBe(0)
  })

  test('a key is recognised on the spot once it is known, and only while it is trusted, valid and not revoked', async () => {
    const [key, ends] = [table.add('k1'), table.add('k2', { expiresAt: clock.now() + 1000 })]
    expect([ring.recognise(key), ring.recognise('sk-something')]).toEqual([null, null])
    await Promise.all([ring.authenticate(key), ring.authenticate(ends)])
    expect([ring.recognise(key)?.keyId, ring.recognise(ends)?.keyId]).toEqual(['k1', 'k2'])
    vi.advanceTimersByTime(1000)
    expect([ring.recognise(key)?.keyId, ring.recognise(ends)]).toEqual(['k1', null])
    table.down = true
    await vi.advanceTimersByTimeAsync(4_900)
    expect(ring.recognise(key)).toBeNull()
    table.down = false
    await ring.authenticate(key)
    await table.revoke('k1', clock.now())
    await ring.refresh()
    expect(ring.recognise(key)).toBeNull()
  })

  test('the operator’s own key is no key of the ring: nobody is recognised by it', async () => {
    open({ adminKey: new Secret('a long operator word') })
    await ring.authenticate('a long operator word')
    expect(ring.recognise('a long operator word')).toBeNull()
  })

  test('a blank operator key is refused at the start', () => {
    expect(() => open({ adminKey: new Secret('  ') })).toThrow(/HEADGATE_ADMIN_KEY/)
  })
})

describe('remembering', () => {
  test('a known key is looked up once, however many calls come at the same time', async () => {
    const key = table.add('k1')
    await Promise.all(Array.from({ length: 20 }, () => ring.authenticate(key)))
    await ring.authenticate(key)
    expect(table.lookups).toBe(1)
  })

  test('an unknown key is asked for once in a while only', async () => {
    const key = mintKey('tenant', MAC_SECRET).key.reveal()
    for (let call = 0; call < 5; call++) await ring.authenticate(key).catch(() => undefined)
    expect(table.lookups).toBe(1)
    vi.advanceTimersByTime(5_000)
    await ring.authenticate(key).catch(() => undefined)
    expect(table.lookups).toBe(2)
  })

  test('no more keys are remembered than there is room for', async () => {
    open({ capacity: 2 })
    const [first = '', second = '', third = ''] = ['a', 'b', 'c'].map((id) => table.add(id))
    for (const key of [first, second, third]) await ring.authenticate(key)
    await ring.authenticate(third)
    expect(table.lookups).toBe(3)
    await ring.authenticate(first)
    expect(table.lookups).toBe(4)
  })

  test('a row deleted by hand is forgotten after five minutes', async () => {
    const key = table.add('k1')
    await ring.authenticate(key)
    table.rows.length = 0
    await vi.advanceTimersByTimeAsync(300_000)
    await expect(ring.authenticate(key)).rejects.toMatchObject({ code: 'invalid_api_key' })
  })
})

describe('revocation', () => {
  test('a key revoked by another instance is dead within five seconds, under load', async () => {
    const key = table.add('k1')
    await ring.authenticate(key)
    await table.revoke('k1', clock.now())
    let diedAfterMs = Number.POSITIVE_INFINITY
    for (let elapsedMs = 0; elapsedMs <= 5_000; elapsedMs += 100) {
      const dead = await ring.authenticate(key).then(
        () => false,
        () => true,
      )
      if (dead) diedAfterMs = Math.min(diedAfterMs, elapsedMs)
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(diedAfterMs).toBeLessThanOrEqual(5_000)
    expect(table.lookups).toBeLessThan(10)
  })

  test('a revocation stamped by a clock that is minutes behind is seen too', async () => {
    const key = table.add('k1')
    await ring.authenticate(key)
    await vi.advanceTimersByTimeAsync(10_000)
    await table.revoke('k1', clock.now() - 240_000)
    await vi.advanceTimersByTimeAsync(2_000)
    await expect(ring.authenticate(key)).rejects.toMatchObject({ code: 'invalid_api_key' })
  })

  test('refresh makes a revocation bite at once', async () => {
    const key = table.add('k1')
    await ring.authenticate(key)
    await table.revoke('k1', clock.now())
    await ring.refresh()
    await expect(ring.authenticate(key)).rejects.toMatchObject({ code: 'invalid_api_key' })
  })

  test('when polls fail, trust runs out within five seconds and the outage is named', async () => {
    const key = table.add('k1')
    await ring.authenticate(key)
    table.down = true
    await expect(ring.authenticate(key)).resolves.toMatchObject({ keyId: 'k1' })
    await vi.advanceTimersByTimeAsync(4_900)
    await expect(ring.authenticate(key)).rejects.toMatchObject({ code: 'ledger_unavailable' })
    table.down = false
    await expect(ring.authenticate(key)).resolves.toMatchObject({ keyId: 'k1' })
  })

  test('where calls go on without the store, a remembered key is trusted for longer, and no other', async () => {
    open({ outageTrustMs: 24_000 })
    const [key, other] = [table.add('k1'), table.add('k2')]
    await ring.authenticate(key)
    table.down = true
    await vi.advanceTimersByTimeAsync(20_000)
    await expect(ring.authenticate(key)).resolves.toMatchObject({ keyId: 'k1' })
    const asked = table.lookups
    await expect(ring.authenticate(key)).resolves.toMatchObject({ keyId: 'k1' })
    expect(table.lookups).toBe(asked)
    await expect(ring.authenticate(other)).rejects.toMatchObject({ code: 'ledger_unavailable' })
    await vi.advanceTimersByTimeAsync(5_000)
    await expect(ring.authenticate(key)).rejects.toMatchObject({ code: 'ledger_unavailable' })
  })

  test('a key that was revoked in the meantime is dead once the store is back, whatever an outage allows', async () => {
    open({ outageTrustMs: 24_000 })
    const key = table.add('k1')
    await ring.authenticate(key)
    table.down = true
    await vi.advanceTimersByTimeAsync(10_000)
    await table.revoke('k1', Date.now())
    table.down = false
    await vi.advanceTimersByTimeAsync(2_000)
    await expect(ring.authenticate(key)).rejects.toMatchObject({ code: 'invalid_api_key' })
  })

  test('as long as polls succeed, a remembered key needs no further look-up', async () => {
    const key = table.add('k1')
    await ring.authenticate(key)
    await vi.advanceTimersByTimeAsync(60_000)
    await ring.authenticate(key)
    expect(table.lookups).toBe(1)
  })

  test('a closed ring polls no more', async () => {
    ring.close()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(table.askedSince).toEqual([])
  })
})
