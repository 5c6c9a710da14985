import { afterAll, beforeAll, expect, it } from 'vitest'
import type { KeptReply, KeyClaim } from './idempotency-store.ts'
import { type OpenStorage, type StorageUnderTest, unique } from './samples.contract.ts'

const LEASE_MS = 15_000
const KEEP_MS = 86_400_000

function claimOf(changes: Partial<KeyClaim> = {}): KeyClaim {
  return {
    tenantId: 'acme',
    keyHash: unique('hash'),
    run: unique('run'),
    fingerprint: 'this call',
    stream: false,
    leaseMs: LEASE_MS,
    keepMs: KEEP_MS,
    waitedFor: null,
    ...changes,
  }
}

/** Another caller with the same key. */
const again = (claim: KeyClaim, changes: Partial<KeyClaim> = {}): KeyClaim => ({
  ...claim,
  run: unique('run'),
  ...changes,
})

const REPLY: KeptReply = { head: { status: 200, headers: { a: 'b' } }, body: Buffer.from([0, 255, 104, 105]) }

/** What every store of idempotency keys must do. */
export function idempotencyStoreContract(open: OpenStorage): void {
  let under: StorageUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())

  it('gives a key to one of many that claim it at once, and shows the others whose it is', async () => {
    const { idempotency } = under.storage
    const claim = claimOf()
    const claims = Array.from({ length: 20 }, () => again(claim))
    const found = await Promise.all(claims.map((one) => idempotency.claim(one)))
    const winners = claims.filter((_, index) => found[index] === null)
    expect(winners).toHaveLength(1)
    const entry = { run: winners[0]?.run, fingerprint: 'this call', state: 'running', stream: false, reply: null }
    expect(found.filter((one) => one !== null)).toEqual(Array.from({ length: 19 }, () => entry))
  })

  it('gives the kept reply back byte for byte, until it was kept long enough', async () => {
    const { idempotency } = under.storage
    const claim = claimOf({ stream: true })
    await idempotency.claim(claim)
    expect(await idempotency.end(claim, { state: 'kept', reply: REPLY, keepMs: KEEP_MS })).toBe(true)
    const { run, fingerprint } = claim
    const kept = { run, fingerprint, state: 'kept', stream: true, reply: REPLY }
    expect(await idempotency.claim(again(claim))).toEqual(kept)
    await under.letTimePass(KEEP_MS - 60_000)
    expect(await idempotency.claim(again(claim))).toEqual(kept)
    await under.letTimePass(60_000)
    expect(await idempotency.claim(again(claim))).toBeNull()
  })

  it('shows another call that the key is used, and not with which reply', async () => {
    const { idempotency } = under.storage
    const claim = claimOf()
    await idempotency.claim(claim)
    await idempotency.end(claim, { state: 'kept', reply: REPLY, keepMs: KEEP_MS })
    const other = await idempotency.claim(again(claim, { fingerprint: 'another call' }))
    expect(other).toMatchObject({ fingerprint: 'this call', state: 'kept', reply: null })
  })

  it('keeps the keys of tenants apart', async () => {
    const { idempotency } = under.storage
    const claim = claimOf()
    await idempotency.claim(claim)
    await idempotency.end(claim, { state: 'kept', reply: REPLY, keepMs: KEEP_MS })
    const other = again(claim, { tenantId: 'globex' })
    expect(await idempotency.claim(other)).toBeNull()
    await idempotency.forget({ ...claim, tenantId: 'globex' })
    await idempotency.forget(other)
    expect(await idempotency.claim(again(claim))).toMatchObject({ state: 'kept' })
  })

  it('lets one take over when a lease lapses, if it is the same call, and tells the first that it lost the key', async () => {
    const { idempotency } = under.storage
    const claim = claimOf()
    await idempotency.claim(claim)
    await under.letTimePass(LEASE_MS + 1_000)
    expect(await idempotency.claim(again(claim, { fingerprint: 'another call' }))).toMatchObject({ state: 'running' })
    const claims = Array.from({ length: 10 }, () => again(claim))
    const found = await Promise.all(claims.map((one) => idempotency.claim(one)))
    expect(found.filter((one) => one === null)).toHaveLength(1)
    const heir = claims[found.indexOf(null)] ?? claim
    expect(await idempotency.end(claim, { state: 'kept', reply: REPLY, keepMs: KEEP_MS })).toBe(false)
    await idempotency.forget(claim)
    await idempotency.extend([claim], LEASE_MS)
    expect(await idempotency.claim(again(claim))).toMatchObject({ run: heir.run, state: 'running' })
  })

  it('keeps a key for a run whose lease is renewed, however long it runs', async () => {
    const { idempotency } = under.storage
    const claim = claimOf({ keepMs: 60_000 })
    await idempotency.claim(claim)
    for (let step = 0; step < 8; step += 1) {
      await under.letTimePass(LEASE_MS - 5_000)
      await idempotency.extend([claim, claimOf()], LEASE_MS)
    }
    await idempotency.sweep(1_000)
    expect(await idempotency.claim(again(claim))).toMatchObject({ run: claim.run })
    expect(await idempotency.end(claim, { state: 'kept', reply: REPLY, keepMs: KEEP_MS })).toBe(true)
  })

  it('frees a key whose run came to nothing, and shows its reply to those alone who waited for it', async () => {
    const { idempotency } = under.storage
    const claim = claimOf()
    await idempotency.claim(claim)
    await idempotency.end(claim, { state: 'free', reply: REPLY, keepMs: 60_000 })
    const waited = await idempotency.claim(again(claim, { waitedFor: claim.run }))
    expect(waited).toMatchObject({ run: claim.run, state: 'free', reply: REPLY })
    const next = again(claim, { fingerprint: 'another call', waitedFor: 'an older run' })
    expect(await idempotency.claim(next)).toBeNull()
    expect(await idempotency.claim(again(claim, { waitedFor: claim.run }))).toMatchObject({ run: next.run })
  })

  it('forgets a run at once', async () => {
    const { idempotency } = under.storage
    const claim = claimOf()
    await idempotency.claim(claim)
    await idempotency.forget(claim)
    expect(await idempotency.claim(again(claim, { waitedFor: claim.run }))).toBeNull()
  })

  it('holds a key that may not run again without a reply', async () => {
    const { idempotency } = under.storage
    const claim = claimOf()
    await idempotency.claim(claim)
    const reply = { head: { why: 'too_large' }, body: Buffer.alloc(0) }
    await idempotency.end(claim, { state: 'lost', reply, keepMs: KEEP_MS })
    expect(await idempotency.claim(again(claim))).toMatchObject({ state: 'lost', reply })
  })

  it('ends a run once', async () => {
    const { idempotency } = under.storage
    const claim = claimOf()
    await idempotency.claim(claim)
    expect(await idempotency.end(claim, { state: 'kept', reply: REPLY, keepMs: KEEP_MS })).toBe(true)
    expect(await idempotency.end(claim, { state: 'lost', reply: null, keepMs: KEEP_MS })).toBe(false)
    expect(await idempotency.claim(again(claim))).toMatchObject({ state: 'kept', reply: REPLY })
  })

  it('sweeps what was kept long enough, in batches, and nothing else', async () => {
    const other = await open()
    const { idempotency } = other.storage
    const short = Array.from({ length: 5 }, () => claimOf({ keepMs: 60_000 }))
    const long = claimOf()
    for (const claim of [...short, long]) {
      await idempotency.claim(claim)
      await idempotency.end(claim, { state: 'kept', reply: REPLY, keepMs: claim.keepMs })
    }
    await other.letTimePass(61_000)
    const swept = [await idempotency.sweep(3), await idempotency.sweep(3), await idempotency.sweep(3)]
    expect(swept).toEqual([3, 2, 0])
    expect(await idempotency.claim(again(long))).toMatchObject({ state: 'kept' })
    await other.close()
  })

  it('keeps hostile text as text', async () => {
    const { idempotency } = under.storage
    const hostile = `'); drop table idempotency_keys; --\u0000`
    const claim = claimOf({ tenantId: hostile })
    expect(await idempotency.claim(claim)).toBeNull()
    const reply = { head: { why: hostile }, body: REPLY.body }
    expect(await idempotency.end(claim, { state: 'kept', reply, keepMs: KEEP_MS })).toBe(true)
    expect(await idempotency.claim(again(claim))).toMatchObject({ state: 'kept', reply: { body: REPLY.body } })
  })
}
