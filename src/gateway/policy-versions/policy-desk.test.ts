import { afterEach, describe, expect, it } from 'vitest'
import { loadConfigObject } from '../../config/load.ts'
import type { Config, ConfigInput } from '../../config/schema.ts'
import { systemClock } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import { providerDefinitions } from '../../providers/registry.ts'
import type { PolicyStore } from '../../storage/contracts/policy-store.ts'
import { openMemoryStorage } from '../../storage/memory/open.ts'
import { SILENT_LOG } from '../log.ts'
import { PolicyDesk } from './policy-desk.ts'

const AUTHOR = { actor: 'key_1', reason: null }
const desks: PolicyDesk[] = []
afterEach(() => {
  for (const desk of desks.splice(0)) desk.close()
})

function configWith(more: Partial<ConfigInput> = {}): Config {
  const read = loadConfigObject(
    {
      storage: { url: 'memory:' },
      policy: { source: 'ledger' },
      providers: { wall: { type: 'openai', api_key: 'sk', base_url: 'http://127.0.0.1:1/v1' } },
      models: { fast: ['wall/m'] },
      ...more,
    },
    { env: {}, knownProviders: [...providerDefinitions.values()] },
  )
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.config
}

function deskOn(store: PolicyStore, config = configWith()) {
  const installed: Config[] = []
  const rejected: string[] = []
  const desk = new PolicyDesk({
    store,
    log: { ...SILENT_LOG, error: (_facts, message) => rejected.push(message) },
    config,
    install: (next) => installed.push(next),
    rejected: () => undefined,
  })
  desks.push(desk)
  return { desk, installed, rejected }
}

async function storeWith(...versions: readonly JsonObject[]): Promise<PolicyStore> {
  const { policies } = openMemoryStorage({ clock: systemClock })
  for (const [index, sections] of versions.entries()) {
    await policies.append(
      { hash: `pol_${index}`, source: 'ledger', actor: 'key_1', reason: null, sections, changes: [] },
      index,
    )
  }
  return policies
}

const SERVABLE: JsonObject = { models: { fast: ['wall/other'] } }
const OF_ANOTHER_FILE: JsonObject = { models: { fast: ['gone/m'] } }

describe('the policy of a ledger', () => {
  it('is published by one of two who publish at once; the other gets 409 and publishes after another look', async () => {
    const store = await storeWith(SERVABLE)
    const { desk } = deskOn(store)
    await desk.open()
    const texts = ['models: { fast: [wall/a] }', 'models: { fast: [wall/b] }']
    const both = await Promise.allSettled(texts.map((text) => desk.publish(text, AUTHOR)))
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const [lost] = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(lost).toMatchObject({ code: 'version_conflict', status: 409, details: { newest: 2 } })
    expect(await store.newest()).toBe(2)
    await expect(desk.publish(texts[1] ?? '', AUTHOR, 1)).rejects.toThrow('is 2, not 1')
    expect(await desk.publish(texts[1] ?? '', AUTHOR, 2)).toMatchObject({ number: 3 })
  })

  it('is taken back by one of two who take it back at once', async () => {
    const store = await storeWith(SERVABLE, { models: { fast: ['wall/m'] } })
    const { desk } = deskOn(store)
    await desk.open()
    const both = await Promise.allSettled([desk.rollback(null, AUTHOR), desk.rollback(1, AUTHOR)])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await store.newest()).toBe(3)
  })

  it('tells what a publication would change, and keeps nothing of it', async () => {
    const store = await storeWith(SERVABLE)
    const { desk, installed } = deskOn(store)
    await desk.open()
    expect(await desk.preview('models: { fast: [wall/m], slow: [wall/m] }')).toMatchObject({
      after: 1,
      changes: [
        { path: 'models.fast[0]', before: 'wall/other', after: 'wall/m' },
        { path: 'models.slow', before: null, after: ['wall/m'] },
      ],
    })
    expect((await desk.preview('models: { fast: [wall/other] }')).changes).toEqual([])
    await expect(desk.preview('tasks: { answer: { default: fasst } }')).rejects.toThrow('did you mean "fast"')
    expect([await store.newest(), installed.length]).toEqual([1, 1])
  })

  it('begins with the newest version that this instance can serve', async () => {
    const { desk, installed, rejected } = deskOn(await storeWith(SERVABLE, OF_ANOTHER_FILE))
    await desk.open()
    expect(desk.inForce?.number).toBe(1)
    expect(installed.map(({ models }) => [...models.keys()])).toEqual([['fast']])
    expect(rejected).toHaveLength(1)
  })

  it('does not begin with a policy of its file when the ledger has none that it can serve', async () => {
    const { desk, installed } = deskOn(await storeWith(OF_ANOTHER_FILE))
    await expect(desk.open()).rejects.toThrow('No published policy can be put into force')
    expect([desk.inForce, installed]).toEqual([null, []])
  })
})
