import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { queryOnce, startTestServer, type TestServer } from '../src/storage/postgres/test-server.contract.ts'
import { startWall, type Wall } from '../src/testing/index.ts'
import { type Serving, serve } from './headgate-process.ts'
import { INBOUND_FORMATS, type InboundFormat } from './inbound-formats.ts'

/* SIGTERM to a process with two hundred open streams, in all formats. */

const STREAMS = 200
/** The provider lives in the process of the test, and two hundred streams are begun at once. */
const PATIENT = { connect: '1m', first_byte: '1m', first_token: '1m', idle: '1m', total: '10m' }

let server: TestServer
let wall: Wall
let directory: string
beforeAll(async () => {
  server = await startTestServer()
  wall = await startWall()
  directory = await mkdtemp(join(tmpdir(), 'headgate-drain-'))
})
afterAll(async () => {
  await wall.close()
  await server.close()
  await rm(directory, { recursive: true, force: true })
})
beforeEach(() => wall.clear())

interface Started {
  readonly gateway: Serving
  readonly url: string
  readonly adminUrl: string
  readonly database: string
}

async function start(drain: string): Promise<Started> {
  const database = await server.createDatabase()
  const model = { price: { input_per_mtok: 1, output_per_mtok: 10 }, context: 500_000, max_output: 200_000 }
  const config = {
    server: { port: 0, admin_port: 0, drain },
    auth: { mode: 'none' },
    storage: { url: database },
    metadata: { required: [] },
    providers: {
      oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models: { m: model }, timeouts: PATIENT },
    },
    models: { story: ['oa/m'] },
    budgets: [{ per: 'total', usd: 10_000, window: 'month' }],
  }
  await writeFile(join(directory, 'headgate.yaml'), JSON.stringify(config))
  const gateway = await serve(['--json', '--port', '0', '--config', 'headgate.yaml'], { directory, env: {} })
  const { url, console: page } = JSON.parse(gateway.said.out) as { url: string; console: string }
  return { gateway, url, adminUrl: new URL(page).origin, database }
}

const formatOf = (index: number) => INBOUND_FORMATS[index % INBOUND_FORMATS.length] as InboundFormat

/** Opens streams in turn in all formats; each has begun to answer. */
function openStreams(url: string): Promise<readonly Response[]> {
  return Promise.all(
    Array.from({ length: STREAMS }, async (_, index) => {
      const { path, body } = formatOf(index)
      for (;;) {
        const reply = await fetch(url + path('story', true), {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body('story', true)),
        })
        if (reply.status === 200) return reply
        // On a machine that is starved the ledger may be late: every client of a provider tries again then.
        if (reply.status !== 503) throw new Error(await reply.text())
        await reply.text()
      }
    }),
  )
}

async function booksOf(database: string) {
  const statuses = await queryOnce(
    database,
    'select status, count(*)::int as calls, min(output_tokens)::int as least from llm_usage_events where attempt > 0 group by status',
  )
  const [lent] = await queryOnce(
    database,
    'select sum(sliced_amount)::float as amount, (select sum(cost_usd) from llm_usage_events) = (select sum(posted_amount) from budgets) as is_posted from budgets',
  )
  return { statuses, lent }
}

describe('a process that is told to stop, with two hundred streams', { timeout: 120_000 }, () => {
  it('cuts none of them, takes nothing new, and ends with code 0', async () => {
    wall.plan({ tokens: 30, betweenEventsMs: 250 })
    const { gateway, url, adminUrl, database } = await start('10m')
    const streams = await openStreams(url)
    const ended = gateway.end('SIGTERM')
    await expect
      .poll(() =>
        fetch(`${url}/livez`).then(
          () => 'taken',
          () => 'refused',
        ),
      )
      .toBe('refused')
    // Who watches still sees.
    const watched = await fetch(`${adminUrl}/readyz`)
    expect([watched.status, ((await watched.json()) as { status: string }).status]).toEqual([503, 'draining'])
    const texts = await Promise.all(streams.map((stream) => stream.text()))
    for (const [index, text] of texts.entries()) {
      expect(text).toMatch(formatOf(index).end)
      expect(text).not.toMatch(formatOf(index).error)
    }
    expect((await ended).code).toBe(0)
    expect(wall.completed).toHaveLength(STREAMS)
    expect(await booksOf(database)).toEqual({
      statuses: [{ status: 'completed', calls: STREAMS, least: 30 }],
      lent: { amount: 0, is_posted: true },
    })
  })

  it('when their time is over tells each in its own words, books what came, and ends with code 0', async () => {
    wall.plan({ tokens: 1_000, betweenEventsMs: 250 })
    const { gateway, url, database } = await start('500ms')
    const streams = await openStreams(url)
    const ended = gateway.end('SIGTERM')
    const texts = await Promise.all(streams.map((stream) => stream.text()))
    for (const [index, text] of texts.entries()) {
      const { end, error } = formatOf(index)
      expect(text).toMatch(error)
      expect(text).toContain('no_deployment_available')
      expect(text).not.toMatch(end)
    }
    expect((await ended).code).toBe(0)
    for (const { endedAt, completed } of wall.calls) expect([endedAt === null, completed]).toEqual([false, false])
    const { statuses, lent } = await booksOf(database)
    expect(lent).toEqual({ amount: 0, is_posted: true })
    expect(statuses).toMatchObject([{ status: 'incomplete', calls: STREAMS }])
    expect(Number(statuses[0]?.least)).toBeGreaterThan(0)
  })
})
