import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../lib/clock.ts'
import { MIGRATIONS } from './migrations/list.ts'
import { openPostgresStorage } from './open.ts'
import { PATIENT, queryOnce, startTestServer, type TestServer } from './test-server.contract.ts'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

it('names the migrations that a database lacks and applies none of them', async () => {
  const url = await server.createDatabase()
  const storage = await openPostgresStorage({ url, clock: systemClock, limits: PATIENT })
  const names = Object.keys(MIGRATIONS)
  expect((await storage.inspect()).pendingMigrations).toEqual(names)
  expect(await queryOnce(url, `select to_regclass('headgate_migrations') as found`)).toEqual([{ found: null }])
  await storage.migrate()
  expect((await storage.inspect()).pendingMigrations).toEqual([])
  const last = names.at(-1) ?? ''
  await queryOnce(url, `delete from headgate_migrations where name = '${last}'`)
  await queryOnce(url, `insert into headgate_migrations values ('9999_next_year', 'soon')`)
  expect(await storage.inspect()).toMatchObject({ pendingMigrations: [last], unknownMigrations: ['9999_next_year'] })
  await storage.close()
})

it('says which server it is, and that a commit waits for the disk unless somebody switched that off', async () => {
  const { storage, url, close } = await server.openStorage()
  expect(await storage.inspect()).toMatchObject({ server: expect.stringMatching(/^PostgreSQL \d+/), undurable: [] })
  await close()
  await queryOnce(url, `alter database ${new URL(url).pathname.slice(1)} set synchronous_commit = off`)
  const careless = await openPostgresStorage({ url, clock: systemClock, limits: PATIENT })
  expect((await careless.inspect()).undurable).toEqual(['synchronous_commit is off'])
  await careless.close()
})
