import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../lib/clock.ts'
import { alertStoreContract } from '../contracts/alert-store.contract.ts'
import { auditLogContract } from '../contracts/audit-log.contract.ts'
import { feedbackStoreContract } from '../contracts/feedback-store.contract.ts'
import { idempotencyStoreContract } from '../contracts/idempotency-store.contract.ts'
import { jobStoreContract } from '../contracts/job-store.contract.ts'
import { keyStoreContract } from '../contracts/key-store.contract.ts'
import { killSwitchStoreContract } from '../contracts/kill-switch-store.contract.ts'
import { ledgerModelContract } from '../contracts/ledger-model.contract.ts'
import { ledgerReaderContract } from '../contracts/ledger-reader.contract.ts'
import { ledgerStoreContract } from '../contracts/ledger-store.contract.ts'
import { policyStoreContract } from '../contracts/policy-store.contract.ts'
import { qualityEvidenceContract } from '../contracts/quality-evidence.contract.ts'
import { instanceOf, settlementOf, stateOf, unique, usageRow, windowOf } from '../contracts/samples.contract.ts'
import { spanStoreContract } from '../contracts/span-store.contract.ts'
import type { Storage } from '../contracts/storage.ts'
import { tokenGrowthContract } from '../contracts/token-growth.contract.ts'
import { openPostgresStorage } from './open.ts'
import { PATIENT, queryOnce, startTestServer, type TestServer } from './test-server.contract.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())
const open = () => server.openStorage()

describe('the PostgreSQL ledger', () => ledgerStoreContract(open))
describe('the PostgreSQL ledger against the model', () => ledgerModelContract(open, 60))
describe('the PostgreSQL reader', () => ledgerReaderContract(open))
describe('virtual keys in PostgreSQL', () => keyStoreContract(open))
describe('the audit log in PostgreSQL', () => auditLogContract(open))
describe('kill switches in PostgreSQL', () => killSwitchStoreContract(open))
describe('jobs in PostgreSQL', () => jobStoreContract(open))
describe('alerts in PostgreSQL', () => alertStoreContract(open))
describe('policy versions in PostgreSQL', () => policyStoreContract(open))
describe('idempotency keys in PostgreSQL', () => idempotencyStoreContract(open))
describe('feedback in PostgreSQL', () => feedbackStoreContract(open))
describe('spans of applications in PostgreSQL', () => spanStoreContract(open))
describe('how models do in PostgreSQL', () => qualityEvidenceContract(open))
describe('token growth in PostgreSQL', () => tokenGrowthContract(open))

describe('several processes on one database', () => {
  const storages: Storage[] = []
  let url: string
  beforeAll(async () => {
    url = await server.createDatabase()
    for (let index = 0; index < 4; index += 1) {
      storages.push(await openPostgresStorage({ url, clock: systemClock, limits: PATIENT }))
    }
    await Promise.all(storages.map((storage) => storage.migrate()))
  })
  afterAll(() => Promise.all(storages.map((storage) => storage.close())))

  const first = (): Storage => {
    const [storage] = storages
    if (!storage) throw new Error('no storage is open')
    return storage
  }

  it('share one secret for virtual keys', async () => {
    const secrets = await Promise.all(storages.map((storage) => storage.keys.macSecret()))
    expect(new Set(secrets).size).toBe(1)
  })

  it('let exactly one of 64 parallel loans pass when one unit is left', async () => {
    const owners = await Promise.all(
      Array.from({ length: 64 }, async (_, index) => {
        const storage = storages[index % storages.length] ?? first()
        return { storage, instance: await instanceOf(storage) }
      }),
    )
    const window = windowOf(100n)
    await first().ledger.settle(unique('ins'), [settlementOf(99n, [window])])
    const grants = await Promise.all(
      owners.map(({ storage, instance }) => storage.ledger.growSlices(instance, [{ window, atLeast: 1n, wanted: 5n }])),
    )
    expect(grants.flat().filter((grant) => grant.granted > 0n)).toEqual([{ granted: 1n, left: 0n, recalled: false }])
    expect(await stateOf(first(), window)).toEqual({ limit: 100n, posted: 99n, sliced: 1n })
  })

  it('never pass a cap while they borrow, spend and return at once, and their books equal the slices and rows', async () => {
    const tenantId = unique('ten')
    const day = windowOf(1_000n)
    const month = windowOf(700n)
    const spent = await Promise.all(
      storages.flatMap((storage) => [storage, storage]).map((storage, lane) => spendUntilRefused(storage, lane)),
    )
    expect(spent.reduce((sum, part) => sum + part, 0n)).toBe(700n)
    expect(await stateOf(first(), day)).toEqual({ limit: 1_000n, posted: 700n, sliced: 0n })
    expect(await stateOf(first(), month)).toEqual({ limit: 700n, posted: 700n, sliced: 0n })
    expect((await first().reader.usage({ groupBy: [], tenantId }))[0]?.cost).toBe(700n)
    expect(await queryOnce(url, `select * from budget_slices where budget_key = '${day.key}'`)).toEqual([])

    async function spendUntilRefused(storage: Storage, lane: number): Promise<bigint> {
      const instance = await instanceOf(storage)
      const windows = lane % 2 === 0 ? [day, month] : [month, day]
      let total = 0n
      for (let spent = 7n; ; total += spent) {
        const loan = (atLeast: bigint) => windows.map((window) => ({ window, atLeast, wanted: 13n }))
        let [grant] = await storage.ledger.growSlices(instance, loan(spent))
        if (grant?.granted === 0n) {
          spent = 1n
          ;[grant] = await storage.ledger.growSlices(instance, loan(spent))
        }
        if (grant?.granted === 0n) return total
        await storage.ledger.settle(instance, [settlementOf(spent, windows, { tenantId })])
        for (const window of windows) await storage.ledger.returnSlices(instance, [{ window: window, amount: 13n }])
      }
    }
  })

  it('bury a dead instance once between them', async () => {
    const dead = await instanceOf(first())
    const window = windowOf(100n)
    await first().ledger.growSlices(dead, [{ window, atLeast: 50n, wanted: 50n }])
    const presumed = settlementOf(20n, [window], { status: 'presumed_spent' })
    await Promise.all(storages.map((storage) => storage.ledger.buryInstance(dead, [presumed])))
    expect(await stateOf(first(), window)).toEqual({ limit: 100n, posted: 20n, sliced: 0n })
  })
})

describe('a batch of settlements', () => {
  it('is written as a whole or not at all', async () => {
    const { storage, url, close } = await server.openStorage()
    const instance = await instanceOf(storage)
    const window = windowOf(100n)
    await storage.ledger.growSlices(instance, [{ window, atLeast: 10n, wanted: 10n }])
    const wrong = settlementOf(1n, [window], { status: 'no such status' as 'failed' })
    const error = await storage.ledger.settle(instance, [settlementOf(2n, [window]), wrong]).catch((caught) => caught)
    expect(error).toMatchObject({ code: 'ledger_unavailable', status: 503, cause: { code: '23514' } })
    expect(error.message).not.toContain('llm_usage_events')
    expect(await stateOf(storage, window)).toEqual({ limit: 100n, posted: 0n, sliced: 10n })
    expect(await queryOnce(url, 'select id from llm_usage_events')).toEqual([])
    await close()
  })

  it('binds every value: text that looks like SQL stays text', async () => {
    const { storage, close } = await server.openStorage()
    const hostile = `'); drop table budgets; --"\\u0000$1`
    const usage = usageRow({ tenantId: hostile, feature: hostile, model: hostile })
    const settlement = { ...settlementOf(1n, [windowOf(5n, hostile)]), usage: [usage] }
    await storage.ledger.settle(hostile, [settlement])
    const { rows } = await storage.reader.events({ limit: 1, tenantId: hostile })
    expect(rows).toEqual([usage])
    expect((await storage.ledger.budgets()).map((state) => state.key)).toEqual([hostile])
    await close()
  })
})
