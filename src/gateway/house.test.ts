import { beforeEach, describe, expect, it, vi } from 'vitest'
import { loadConfigObject } from '../config/load.ts'
import type { Clock } from '../lib/clock.ts'
import { Secret } from '../lib/secret.ts'
import { providerDefinitions } from '../providers/registry.ts'
import { openHouse } from './house.ts'
import { SILENT_LOG } from './log.ts'
import { openStorage } from './open-storage.ts'

const closed: string[] = []

vi.mock('./open-storage.ts', async (original) => {
  const actual = await original<typeof import('./open-storage.ts')>()
  return {
    openStorage: vi.fn(async (...args: Parameters<typeof openStorage>) => {
      const opened = await actual.openStorage(...args)
      const { storage } = opened
      const close = async () => void closed.push('storage')
      return { ...opened, storage: { ...storage, close }, close: async () => void closed.push('server') }
    }),
  }
})

beforeEach(() => {
  closed.length = 0
})

function config(providers = {}) {
  const loaded = loadConfigObject(
    { version: 1, storage: { url: 'memory:' }, providers: { simulated: {}, ...providers } },
    { env: {}, knownProviders: [...providerDefinitions.values()] },
  )
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  return loaded.config
}

describe('a house', () => {
  it('that cannot be opened leaves nothing open', async () => {
    const opening = openHouse({ config: config(), log: SILENT_LOG, adminKey: new Secret('  ') })
    await expect(opening).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('empty') })
    expect(openStorage).toHaveBeenCalled()
    expect(closed).toEqual(['storage', 'server'])
  })

  it('has time for its storage until it is open, and is not opened when the last work on it fails', async () => {
    const callersWait = () => vi.mocked(openStorage).mock.lastCall?.[3]()
    let before: boolean | undefined
    const beforeCalls = async () => {
      before = callersWait()
    }
    const house = await openHouse({ config: config(), log: SILENT_LOG, beforeCalls })
    expect([before, callersWait()]).toEqual([false, true])
    await house.close()
    closed.length = 0
    const failing = openHouse({ config: config(), log: SILENT_LOG, beforeCalls: () => Promise.reject(new Error('no')) })
    await expect(failing).rejects.toThrow('no')
    expect(closed).toEqual(['storage', 'server'])
  })

  it('is closed from the inside out, once', async () => {
    const house = await openHouse({ config: config(), log: SILENT_LOG })
    await Promise.all([house.close(), house.close()])
    expect(closed).toEqual(['storage', 'server'])
    expect(house.engine().draining()).toBe(true)
  })

  it('prices calls as the day says, without a restart', async () => {
    let now = Date.parse('2025-06-09T23:59:59Z')
    const clock: Clock = { now: () => now, monotonic: () => performance.now() }
    const house = await openHouse({ config: config({ openai: { api_key: 'k' } }), log: SILENT_LOG, clock })
    const price = () => house.engine().book.deployment('openai/o3')?.price
    const { loadedAt } = house.engine()
    const before = price()
    now += 1000
    expect(price()?.version).toContain('2025-06-10')
    expect(price()?.version).not.toBe(before?.version)
    expect(house.engine()).toBe(house.engine())
    expect(house.engine().loadedAt).toBe(loadedAt)
    await house.close()
  })
})
