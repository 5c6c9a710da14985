import { describe, expect, test } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { createBooksClock } from './books-clock.ts'
import { Membership } from './membership.ts'
import { CENT, handClock } from './money.contract.ts'
import { SILENT } from './money-log.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const LEASE_MS = 30_000
const window = { key: 'k', windowId: 'w', unit: 'usd' as const, limit: 100n * CENT, endsAt: NOON + 3_600_000 }

/** A member of a store in memory that can be unplugged, and whose clock is ahead of ours. */
function setup({ aheadMs = 0 } = {}) {
  const clock = handClock(NOON)
  const { ledger } = openMemoryStorage({ clock: { ...clock, now: () => clock.now() + aheadMs } })
  const plug = { out: false, closed: false }
  const names: string[] = []
  const answer = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    if (plug.out) throw new GatewayError('ledger_unavailable', 'unplugged')
    return work()
  }
  const store = {
    ...ledger,
    registerInstance: (id: string) =>
      answer(() => (plug.closed ? Promise.reject(new Error('closed')) : ledger.registerInstance(id))),
    heartbeat: (id: string) => answer(() => ledger.heartbeat(id)),
    now: () => answer(() => ledger.now()),
  }
  const booksClock = createBooksClock(store, clock)
  const ids = ['gw_first', 'gw_second', 'gw_third']
  const member = new Membership({
    store,
    clock: booksClock,
    leaseMs: LEASE_MS,
    newInstanceId: () => ids.shift() ?? 'gw_none_left',
    renamed: (id) => names.push(id),
    log: SILENT,
  })
  return { clock, ledger, plug, names, member, booksClock }
}

async function beats(member: Membership, count: number): Promise<void> {
  for (let beat = 0; beat < count; beat += 1) await member.beat()
}

describe('membership', () => {
  test('is trusted after joining, as long as heartbeats are heard', async () => {
    const { clock, member } = setup()
    expect(member.trusted).toBe(false)
    await member.join()
    for (let beat = 0; beat < 10; beat += 1) {
      clock.advance(20_000)
      expect(member.trusted).toBe(true)
      await member.beat()
    }
    expect(member.silentMs).toBe(0)
  })

  test('is not trusted before others may take it for dead', async () => {
    const { clock, plug, member, ledger } = setup()
    await member.join()
    plug.out = true
    clock.advance(LEASE_MS - 1)
    await member.beat()
    expect(member.trusted).toBe(false)
    expect(await ledger.deadInstances(LEASE_MS)).toEqual([])
  })

  test('an outage changes nothing but the trust, which comes back', async () => {
    const { clock, plug, member, names } = setup()
    await member.join()
    plug.out = true
    clock.advance(LEASE_MS)
    await member.beat()
    plug.out = false
    await member.beat()
    expect(member.trusted).toBe(true)
    expect([member.instanceId, names]).toEqual(['gw_first', []])
  })

  test('whoever was buried starts again under a new id, and can own slices', async () => {
    const { ledger, member, names } = setup()
    await member.join()
    await ledger.growSlices('gw_first', [{ window, atLeast: CENT, wanted: CENT }])
    await ledger.buryInstance('gw_first', [])
    await member.beat()
    expect(member.trusted).toBe(false)
    await beats(member, 2)
    expect(member.trusted).toBe(true)
    expect(names).toEqual([member.instanceId])
    expect(member.instanceId).not.toBe('gw_first')
    const [grant] = await ledger.growSlices(member.instanceId, [{ window, atLeast: CENT, wanted: CENT }])
    expect(grant?.granted).toBe(CENT)
  })

  test('when the ledger goes away in the middle of that, the next heartbeat finishes it', async () => {
    const { ledger, member, plug } = setup()
    await member.join()
    await ledger.buryInstance('gw_first', [])
    plug.closed = true
    await beats(member, 3)
    expect(member.trusted).toBe(false)
    plug.closed = false
    await beats(member, 3)
    expect(member.trusted).toBe(true)
    await ledger.heartbeat(member.instanceId)
  })

  test('heartbeats that fail now and then cost the trust until the next, and nothing else', async () => {
    const { member, names, ledger } = setup()
    await member.join()
    const { heartbeat } = ledger
    ledger.heartbeat = () => Promise.reject(new Error('a lock'))
    await member.beat()
    expect(member.trusted).toBe(false)
    ledger.heartbeat = heartbeat
    await member.beat()
    expect(member.trusted).toBe(true)
    for (let time = 0; time < 5; time += 1) {
      ledger.heartbeat = () => Promise.reject(new Error('a lock'))
      await beats(member, 2)
      ledger.heartbeat = heartbeat
      await member.beat()
    }
    expect(names).toEqual([])
  })

  test('joining a ledger that does not answer fails', async () => {
    const { member, plug } = setup()
    plug.out = true
    await expect(member.join()).rejects.toMatchObject({ code: 'ledger_unavailable' })
  })

  test('the time is the database’s, whatever this machine thinks', async () => {
    const { booksClock, member, clock } = setup({ aheadMs: 90_000 })
    await member.join()
    expect(booksClock.now()).toBe(NOON + 90_000)
    clock.advance(1_000)
    expect(booksClock.now()).toBe(NOON + 91_000)
  })
})
