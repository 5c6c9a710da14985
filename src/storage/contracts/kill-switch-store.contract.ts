import { afterAll, beforeAll, expect, it } from 'vitest'
import type { NewKillSwitch } from './kill-switch-store.ts'
import { type OpenStorage, type StorageUnderTest, unique } from './samples.contract.ts'

function ask(changes: Partial<NewKillSwitch> = {}): NewKillSwitch {
  return {
    scope: { tenant: unique('ten') },
    reason: 'runaway agent',
    actor: 'key_admin',
    cause: null,
    endsAt: null,
    ...changes,
  }
}

/** What every store of kill switches must do. */
export function killSwitchStoreContract(open: OpenStorage): void {
  let under: StorageUnderTest
  beforeAll(async () => {
    under = await open()
  })
  afterAll(() => under.close())

  it('keeps a switch as it was asked for, with an id and the store’s own time', async () => {
    const { killSwitches, ledger } = under.storage
    const endsAt = Date.now() + 60_000
    const asked = ask({ scope: { tenant: 'a,b=c', user: 'u1' }, endsAt })
    const row = await killSwitches.on(asked)
    expect(row).toMatchObject(asked)
    expect(Math.abs((row?.createdAt ?? 0) - (await ledger.now()))).toBeLessThan(60_000)
    expect(await killSwitches.list()).toContainEqual(row)
  })

  it('lists what is on, newest first, until it is turned off', async () => {
    const other = await open()
    const { killSwitches } = other.storage
    const first = await killSwitches.on(ask())
    const second = await killSwitches.on(ask({ scope: { total: true } }))
    expect(await killSwitches.list()).toEqual([second, first])
    expect(await killSwitches.off(first?.id ?? '', { actor: 'key_2', reason: null })).toEqual(first)
    expect(await killSwitches.list()).toEqual([second])
    await other.close()
  })

  it('turns off once what is on, and nothing else', async () => {
    const { killSwitches } = under.storage
    const row = await killSwitches.on(ask())
    const end = { actor: 'key_2', reason: 'fixed' }
    const ends = await Promise.all([killSwitches.off(row?.id ?? '', end), killSwitches.off(row?.id ?? '', end)])
    expect(ends.filter((one) => one !== null)).toEqual([row])
    expect(await killSwitches.off(unique('kill'), end)).toBeNull()
  })

  it('lets a switch go when its time is over', async () => {
    const { killSwitches } = under.storage
    const row = await killSwitches.on(ask({ endsAt: Date.now() - 1_000 }))
    expect((await killSwitches.list()).map(({ id }) => id)).not.toContain(row?.id)
    expect(await killSwitches.off(row?.id ?? '', { actor: 'key_2', reason: null })).toBeNull()
  })

  it('takes a cause once, however many notice it, even when a person has turned that switch off', async () => {
    const { killSwitches } = under.storage
    const asked = ask({ actor: 'system', cause: unique('tenant=acme/usd/day') })
    const tries = await Promise.all(Array.from({ length: 8 }, () => killSwitches.on(asked)))
    const made = tries.filter((row) => row !== null)
    expect(made).toHaveLength(1)
    await killSwitches.off(made[0]?.id ?? '', { actor: 'key_2', reason: 'go on' })
    expect(await killSwitches.on(asked)).toBeNull()
  })

  it('changes its version with every switch that is turned on or off, and with nothing else', async () => {
    const other = await open()
    const { killSwitches } = other.storage
    const versions = [await killSwitches.version()]
    const row = await killSwitches.on(ask({ cause: 'once' }))
    versions.push(await killSwitches.version())
    await killSwitches.off(row?.id ?? '', { actor: 'key_2', reason: null })
    versions.push(await killSwitches.version())
    expect(new Set(versions).size).toBe(3)
    await killSwitches.on(ask({ cause: 'once' }))
    await killSwitches.off(row?.id ?? '', { actor: 'key_2', reason: null })
    await killSwitches.list()
    expect(await killSwitches.version()).toBe(versions[2])
    await other.close()
  })

  it('writes who did what and why into the audit log, before and after', async () => {
    const { killSwitches, audit } = under.storage
    const tenant = unique('ten')
    const row = await killSwitches.on(ask({ scope: { tenant, user: 'u=1' } }))
    await killSwitches.off(row?.id ?? '', { actor: 'key_2', reason: 'it was fixed' })
    const { rows } = await audit.list({ limit: 10, subject: `tenant=${tenant},user=u%3D1` })
    const shown = { id: row?.id, scope: { tenant, user: 'u=1' }, reason: 'runaway agent', cause: null, ends_at: null }
    expect(rows).toMatchObject([
      { action: 'kill_switch.off', actor: 'key_2', reason: 'it was fixed', before: shown, after: null },
      { action: 'kill_switch.on', actor: 'key_admin', reason: 'runaway agent', before: null, after: shown },
    ])
  })
}
