import { afterEach, describe, expect, it, vi } from 'vitest'
import type { KillSwitchStore } from '../storage/contracts/kill-switch-store.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { subjectOf } from './kill-switch-world.contract.ts'
import { openSwitchboard, type Switchboard, type SwitchboardOptions } from './kill-switchboard.ts'

const clock = { now: () => Date.now(), monotonic: () => performance.now() }
const opened: Switchboard[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const one of opened.splice(0)) one.close()
})

async function open(store: KillSwitchStore, more: Partial<SwitchboardOptions> = {}): Promise<Switchboard> {
  const switchboard = await openSwitchboard({ store, clock, changed: () => undefined, ...more })
  opened.push(switchboard)
  return switchboard
}

const ask = (scope: Record<string, string>) => ({ scope, reason: 'why', actor: 'key_1', cause: null, endsAt: null })
const end = { actor: 'key_1', reason: null }
const stopped = (switchboard: Switchboard) => switchboard.board().ofCall(subjectOf(), clock.now()) !== null

describe('a switch', () => {
  it('is in force with the reply on the instance that was asked, and that instance is told', async () => {
    const { killSwitches } = openMemoryStorage({ clock })
    const changed = vi.fn()
    const here = await open(killSwitches, { changed })
    const row = await here.on(ask({ tenant: 'acme' }))
    expect(stopped(here)).toBe(true)
    expect(changed).toHaveBeenCalledExactlyOnceWith(here.board())
    await here.off(row?.id ?? '', end)
    expect(stopped(here)).toBe(false)
  })

  it('is in force elsewhere after the next look, and known to an instance that starts later', async () => {
    const { killSwitches } = openMemoryStorage({ clock })
    const [here, there] = [await open(killSwitches), await open(killSwitches)]
    const row = await here.on(ask({ tenant: 'acme' }))
    await there.poll()
    expect(stopped(there)).toBe(true)
    expect(stopped(await open(killSwitches))).toBe(true)
    await here.off(row?.id ?? '', end)
    await there.poll()
    expect(stopped(there)).toBe(false)
  })

  it('is looked for twice a second or more, with one small question while nothing changes', async () => {
    vi.useFakeTimers()
    const { killSwitches } = openMemoryStorage({ clock })
    const list = vi.spyOn(killSwitches, 'list')
    const there = await open(killSwitches)
    await vi.advanceTimersByTimeAsync(5_000)
    expect(list).toHaveBeenCalledTimes(1)
    await killSwitches.on(ask({ tenant: 'acme' }))
    await vi.advanceTimersByTimeAsync(500)
    expect(stopped(there)).toBe(true)
    expect(list).toHaveBeenCalledTimes(2)
  })

  it('stays in force while the store is away, and ends at its own time', async () => {
    const { killSwitches } = openMemoryStorage({ clock })
    const here = await open(killSwitches)
    const endsAt = clock.now() + 10_000
    await here.on({ ...ask({ tenant: 'acme' }), endsAt })
    vi.spyOn(killSwitches, 'version').mockRejectedValue(new Error('away'))
    await expect(here.poll()).rejects.toThrow('away')
    expect(here.board().ofCall(subjectOf(), endsAt - 1)).not.toBeNull()
    expect(here.board().ofCall(subjectOf(), endsAt)).toBeNull()
  })

  it('is not lost to a look that began before it', async () => {
    const { killSwitches } = openMemoryStorage({ clock })
    const here = await open(killSwitches)
    await killSwitches.on(ask({ tenant: 'globex' }))
    const reading = Promise.withResolvers<void>()
    const old = await killSwitches.list()
    vi.spyOn(killSwitches, 'list').mockImplementationOnce(async () => {
      await reading.promise
      return old
    })
    const look = here.poll()
    await here.on(ask({ tenant: 'acme' }))
    reading.resolve()
    await look
    expect(stopped(here)).toBe(true)
    await here.poll()
    expect(here.board().switches.map(({ scope }) => scope)).toEqual([{ tenant: 'acme' }, { tenant: 'globex' }])
  })
})
