import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../lib/clock.ts'
import { instanceOf, settlementOf, stateOf, windowOf } from '../contracts/samples.contract.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { migrate } from './migrate.ts'
import { MIGRATIONS } from './migrations/list.ts'
import { openPostgresStorage } from './open.ts'
import { PATIENT, queryOnce, startTestServer, type TestServer } from './test-server.contract.ts'

const NAMES = Object.keys(MIGRATIONS)
const LIMITS = { ...DEFAULT_LIMITS, ...PATIENT }
const log = { warn() {} }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

it('applies every migration once when several instances start at once', async () => {
  const url = await server.createDatabase()
  const storages = await Promise.all(
    Array.from({ length: 6 }, () => openPostgresStorage({ url, clock: systemClock, limits: PATIENT })),
  )
  const reports = await Promise.all(storages.map((storage) => storage.migrate()))
  expect(reports.flatMap((report) => report.applied).toSorted()).toEqual(NAMES)
  expect(await storages[0]?.migrate()).toEqual({ applied: [] })
  await Promise.all(storages.map((storage) => storage.close()))
})

it('brings a database of the version before up to date and keeps its rows', async () => {
  const url = await server.createDatabase()
  const before = Object.fromEntries(Object.entries(MIGRATIONS).slice(0, -1))
  expect(await migrate({ url, limits: LIMITS, log }, before)).toEqual({ applied: NAMES.slice(0, -1) })
  await queryOnce(url, `insert into instances (id) values ('old')`)
  expect(await migrate({ url, limits: LIMITS, log }, MIGRATIONS)).toEqual({ applied: NAMES.slice(-1) })
  expect(await queryOnce(url, 'select id from instances')).toEqual([{ id: 'old' }])
})

it('refuses a database that a newer version has set up, says so, and leaves it as it is', async () => {
  const url = await server.createDatabase()
  const newer = { ...MIGRATIONS, '9999_next_year': { up: async () => {} } }
  await migrate({ url, limits: LIMITS, log }, newer)
  const error = await migrate({ url, limits: LIMITS, log }, MIGRATIONS).catch((caught) => caught)
  expect(error).toMatchObject({ code: 'ledger_unavailable' })
  expect(error.message).toMatch(/newer Headgate.*9999_next_year/)
  expect(await queryOnce(url, 'select name from headgate_migrations')).toHaveLength(NAMES.length + 1)
})

it('applies all of the missing migrations or none', async () => {
  const url = await server.createDatabase()
  const failing = { ...MIGRATIONS, '9999_broken': migration('select nonsense') }
  await expect(migrate({ url, limits: LIMITS, log }, failing)).rejects.toMatchObject({ cause: { code: '42703' } })
  expect(await queryOnce(url, `select to_regclass('budgets') as found`)).toEqual([{ found: null }])
  expect(await migrate({ url, limits: LIMITS, log }, MIGRATIONS)).toEqual({ applied: NAMES })
})

it('does not queue behind a table in use for longer than its limit', async () => {
  const url = await server.createDatabase()
  await migrate({ url, limits: LIMITS, log }, MIGRATIONS)
  const user = new Client({ connectionString: url })
  await user.connect()
  await user.query('begin; select * from budgets')
  const next = { ...MIGRATIONS, '9999_wider': migration('alter table budgets add column note text') }
  const hurried = { ...LIMITS, migrationLockMs: 100 }
  await expect(migrate({ url, limits: hurried, log }, next)).rejects.toMatchObject({ cause: { code: '55P03' } })
  await user.query('rollback')
  await user.end()
  expect(await migrate({ url, limits: hurried, log }, next)).toEqual({ applied: ['9999_wider'] })
})

it('runs on with the version before while the schema has new columns already', async () => {
  const { storage, url, close } = await server.openStorage()
  await queryOnce(url, 'alter table llm_usage_events add column saved_usd numeric(20,9) not null default 0')
  await queryOnce(url, `alter table budgets add column note text`)
  const instance = await instanceOf(storage)
  const window = windowOf(10n)
  const settlement = settlementOf(4n, [window])
  await storage.ledger.settle(instance, [settlement])
  expect((await stateOf(storage, window)).posted).toBe(4n)
  expect((await storage.reader.events({ limit: 1 })).rows).toEqual(settlement.usage)
  await close()
})

function migration(statement: string): Migration {
  return {
    up: async (db) => {
      await sql.raw(statement).execute(db)
    },
  }
}
