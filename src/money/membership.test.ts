import { describe, expect, test } from 'vitest'
import { GatewayError } from '../errors/gateway-error.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { Membership } from './membership.ts'
import { CENT, handClock } from './money.contract.ts'
import { SILENT } from './money-log.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')
const LEASE_MS = 30_000
const window = { key: 'k', windowId: 'w', unit: 'usd' as const, limit: 100n * CENT, endsAt: NOON + 3_600_000 }

/** A member of a store in memory that can be unplugged. */
function setup() {
  const clock = handClock(NOON)
  const { ledger } = openMemoryStorage({ clock })
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
  }
  let made = 0
  const member = new Membership({
    store,
    clock,
    leaseMs: LEASE_MS,
    newInstanceId: () => {
      made += 1
      return `gw_${made}`
    },
    renamed: (id) => names.push(id),
    log: SILENT,
  })
  return { clock, ledger, plug, names, member }
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
    expect([member.instanceId, names]).toEqual(['gw_1', []])
  })

  test('whoever was buried starts again under a new id, and can own slices', async () => {
    const { ledger, member, names } = setup()
    await member.join()
    await ledger.growSlices('gw_1', [{ window, atLeast: CENT, wanted: CENT }])
    await ledger.buryInstance('gw_1', [])
    await member.beat()
    expect(member.trusted).toBe(true)
    expect(names).toEqual([member.instanceId])
    expect(member.instanceId).not.toBe('gw_1')
    const [grant] = await ledger.growSlices(member.instanceId, [{ window, atLeast: CENT, wanted: CENT }])
    expect(grant?.granted).toBe(CENT)
  })

  test('when the ledger goes away in the middle of that, the next heartbeat finishes it', async () => {
    const { ledger, member, plug } = setup()
    await member.join()
    await ledger.buryInstance('gw_1', [])
    plug.closed = true
    await beats(member, 3)
    expect(member.trusted).toBe(false)
    plug.closed = false
    await member.beat()
    expect(member.trusted).toBe(true)
    await ledger.heartbeat(member.instanceId)
  })

  test('it hears of its burial from any question; that of an earlier id is no news', async () => {
    const { ledger, member } = setup()
    await member.join()
    await ledger.buryInstance('gw_1', [])
    member.buried('gw_1')
    expect(member.trusted).toBe(false)
    await member.beat()
    expect([member.trusted, member.instanceId]).toEqual([true, 'gw_2'])
    member.buried('gw_1')
    await member.beat()
    expect([member.trusted, member.instanceId]).toEqual([true, 'gw_2'])
  })

  test('heartbeats that fail now and then cost nothing', async () => {
    const { member, names, ledger } = setup()
    await member.join()
    const { heartbeat } = ledger
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
})
