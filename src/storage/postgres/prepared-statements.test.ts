import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ConnectionPool } from './connection-pool.ts'
import { patientPool, queryOnce, startTestServer, type TestServer } from './test-server.contract.ts'

const NOTE = 'insert into notes (word) values ($1)'
const NUMBER = 'insert into numbers (number) values ($1::integer)'

let server: TestServer
let url: string
let pool: ConnectionPool
const warnings: string[] = []

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())
beforeEach(async () => {
  warnings.length = 0
  url = await server.createDatabase()
  await queryOnce(url, 'create table notes (word text); create table numbers (number integer)')
  pool = patientPool({ url, connections: 1, log: { warn: (_fields, message) => warnings.push(message) } })
  return () => pool.end()
})

/** What the pool's one connection says. */
async function ask<Row>(sql: string): Promise<readonly Row[]> {
  const client = await pool.connect()
  try {
    return (await client.query<Row>(sql, [])).rows
  } finally {
    client.release()
  }
}

const words = async () => (await ask<{ word: string }>('select word from notes order by word')).map(({ word }) => word)
const known = async () => (await ask("select name from pg_prepared_statements where name like 'headgate_%'")).length

test('a connection is told each statement of a batch once', async () => {
  for (const word of ['a', 'b', 'c']) await pool.together([{ text: NOTE, values: [word] }])
  expect(await words()).toEqual(['a', 'b', 'c'])
  expect(await known()).toBe(1)
})

test('after a batch that failed, its statements run as before, those that the server heard of and those that it did not', async () => {
  const note = { text: NOTE, values: ['kept'] }
  const wrong = { text: NUMBER, values: ['no number'] }
  await expect(pool.together([{ text: NOTE, values: ['undone'] }, wrong, note])).rejects.toThrow('no number')
  await expect(pool.together([wrong])).rejects.toThrow('no number')
  await pool.together([note, { text: NUMBER, values: ['7'] }])
  expect(await words()).toEqual(['kept'])
  expect(await known()).toBe(2)
})

test('where a server process forgets what it was told, as behind a pooler, every batch runs once, and from then on without names', async () => {
  await pool.together([{ text: NOTE, values: ['a'] }])
  await ask('deallocate all')
  await pool.together([
    { text: NOTE, values: ['b'] },
    { text: NOTE, values: ['c'] },
  ])
  await pool.together([{ text: NOTE, values: ['d'] }])
  expect(await words()).toEqual(['a', 'b', 'c', 'd'])
  expect(await known()).toBe(0)
  expect(warnings).toEqual([expect.stringContaining('forgets prepared statements')])
})
