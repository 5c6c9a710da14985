import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SILENT_LOG } from '../src/gateway/log.ts'
import { type Database, databaseOf } from '../test/chaos/database.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * PostgreSQL hangs: it is there, takes connections and answers nothing. Nobody waits for it but those whose answer is whole, and they not for ever.
 */

let dataDir: string
let running: Running
let database: Database

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'headgate-hung-'))
  // Open to the account that PostgreSQL runs under, so that the cluster is inside and goes with the folder.
  await chmod(dataDir, 0o755)
  database = databaseOf(dataDir)
  running = await startRunning(
    () => ({
      storage: { url: `embedded:${dataDir}` },
      budgets: [{ per: 'total', usd: 500, window: 'month' }],
    }),
    SILENT_LOG,
  )
})
afterEach(async () => {
  await database.goOn()
  await running.stop()
  await rm(dataDir, { recursive: true, force: true })
})

function call(stream: boolean): Promise<Response> {
  return fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-headgate-feature': 'test' },
    body: JSON.stringify({
      model: 'via-openai',
      stream,
      max_tokens: 400,
      messages: [{ role: 'user', content: 'Hi.' }],
    }),
  })
}

const probe = async (path: string) => (await fetch(running.url + path)).status
const ready = async () => (await (await fetch(`${running.url}/readyz`)).json()) as { status: string; ledger: string }

describe('a ledger that hangs', { timeout: 120_000 }, () => {
  it('takes the gateway out of rotation, not down; and it is back by itself', async () => {
    expect([await probe('/livez'), await probe('/readyz')]).toEqual([200, 200])
    await database.hang()
    await expect.poll(ready, { timeout: 20_000 }).toMatchObject({ status: 'ledger_unavailable', ledger: 'unavailable' })
    expect([await probe('/livez'), await probe('/readyz'), await probe('/metrics')]).toEqual([200, 503, 200])
    await expect
      .poll(async () => (await call(false)).headers.get('x-headgate-error'), { timeout: 20_000 })
      .toBe('ledger_unavailable')
    await database.goOn()
    await expect.poll(() => probe('/readyz'), { timeout: 30_000 }).toBe(200)
    await expect.poll(async () => (await call(false)).status, { timeout: 30_000 }).toBe(200)
  })

  it('cuts no stream that runs, and gets the row of each when it goes on', async () => {
    running.wall.plan({ tokens: 100, betweenEventsMs: 20 })
    const streams = await Promise.all(Array.from({ length: 20 }, () => call(true)))
    const readers = streams.map((stream) => (stream.body as ReadableStream<Uint8Array>).getReader())
    const decoder = new TextDecoder()
    const texts = await Promise.all(readers.map(async (reader) => decoder.decode((await reader.read()).value)))
    await database.hang()
    await expect.poll(ready, { timeout: 20_000 }).toMatchObject({ ledger: 'unavailable' })
    // New calls hear of it; those that run bring all of their answer while nobody can write it down.
    const refused = await Promise.all(Array.from({ length: 20 }, () => call(false)))
    for (const reply of refused) {
      expect([reply.status, reply.headers.get('x-headgate-error')]).toEqual([503, 'ledger_unavailable'])
    }
    const words = (text: string) => text.split('"content":').length - 1
    const heard = Promise.all(
      readers.map(async (reader, index) => {
        for (let step = await reader.read(); !step.done; step = await reader.read()) {
          texts[index] += decoder.decode(step.value)
        }
      }),
    )
    await expect.poll(() => Math.min(...texts.map(words)), { timeout: 60_000 }).toBeGreaterThanOrEqual(100)
    await database.goOn()
    await heard
    for (const text of texts) expect(text).toMatch(/data: \[DONE\]\n\n$|"code":"ledger_unavailable"/)
    const { reader } = running.service.house.storage
    const completed = async () => {
      const { rows } = await reader.events({ limit: 200 }).catch(() => ({ rows: [] }))
      return rows.filter(({ attempt, outputTokens }) => attempt === 1 && outputTokens > 0).length
    }
    await expect.poll(completed, { timeout: 60_000 }).toBe(running.wall.completed.length)
    expect(running.wall.completed.length).toBeGreaterThanOrEqual(20)
  })
})
