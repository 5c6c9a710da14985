import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { ConnectionPool } from './connection-pool.ts'
import { patientPool, queryOnce, startTestServer, type TestServer } from './test-server.contract.ts'

const NOTE = { text: 'insert into notes (pid) values (pg_backend_pid() + $1::integer)', values: ['0'] }

let server: TestServer
let url: string

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())
beforeEach(async () => {
  url = await server.createDatabase()
  await queryOnce(url, 'create table notes (number serial, pid integer)')
})

/** Opens two connections, which then lie idle. */
async function warmUp(pool: ConnectionPool): Promise<void> {
  for (const client of await Promise.all([pool.connect(), pool.connect()])) client.release()
}

/** The server processes that ran the batches, in their order. */
async function pids(pool: ConnectionPool): Promise<readonly number[]> {
  const client = await pool.connect()
  const { rows } = await client.query<{ pid: number }>('select pid from notes order by number', [])
  client.release()
  return rows.map(({ pid }) => pid)
}

test('batches that follow one another run on the same connection, and on a new one when that was idle for too long', async () => {
  const pool = patientPool({ url, connections: 2, idleMs: 400 })
  try {
    await warmUp(pool)
    await pool.together([NOTE])
    await pool.together([NOTE])
    // Somebody else keeps a connection of the pool busy meanwhile, as the pulse of a quiet gateway does.
    for (let beat = 0; beat < 10; beat += 1) {
      await pids(pool)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await pool.together([NOTE])
    const [first, second, third] = await pids(pool)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  } finally {
    await pool.end()
  }
})

test('two who ask in the same moment get a connection each, the idle one and the one set aside', async () => {
  const pool = patientPool({ url, connections: 2 })
  try {
    await warmUp(pool)
    await pool.together([NOTE])
    const both = await Promise.all([pool.connect(), pool.connect()])
    for (const client of both) client.release()
    expect(both).toHaveLength(2)
  } finally {
    await pool.end()
  }
})
