import { beforeEach, describe, expect, it, vi } from 'vitest'
import { loadConfigObject } from '../config/load.ts'
import { Secret } from '../lib/secret.ts'
import { providerDefinitions } from '../providers/registry.ts'
import { openHouse } from './house.ts'
import { openStorage } from './open-storage.ts'
import { SILENT_LOG } from './silent-log.ts'

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

function config() {
  const loaded = loadConfigObject(
    { version: 1, storage: { url: 'memory:' }, providers: { simulated: {} } },
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

  it('is closed from the inside out, once', async () => {
    const house = await openHouse({ config: config(), log: SILENT_LOG })
    await Promise.all([house.close(), house.close()])
    expect(closed).toEqual(['storage', 'server'])
    expect(house.engine().draining()).toBe(true)
  })
})
