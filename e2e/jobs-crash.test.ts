import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startWall, type Wall } from '../src/testing/index.ts'
import { type Serving, serve } from './headgate-process.ts'

/*
 * Jobs and the deaths of processes: `headgate serve` as people run it, on a PostgreSQL of its own that several processes share. The wall's log is the outside truth.
 */

interface Job {
  readonly id: string
  readonly status: string
  readonly runs: number
  readonly trace_id: string
  readonly response: { readonly choices: readonly unknown[] } | null
  readonly error: { readonly message: string } | null
}

const TEXT = 'A report of some length.'
const CHAT = { model: 'oa/m', max_tokens: 50, messages: [{ role: 'user', content: TEXT }] }
/** Longer than a runner may be silent. */
const TAKEN_OVER_MS = 45_000

let folder: string
let wall: Wall
const gateways: { readonly process: Serving; readonly url: string }[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-jobs-'))
  // Open to the account that PostgreSQL runs under.
  await chmod(folder, 0o755)
  wall = await startWall()
  const model = { price: { input_per_mtok: 1, output_per_mtok: 10 }, context: 100_000, max_output: 4_000 }
  const config = {
    version: 1,
    server: { drain: '3s' },
    auth: { mode: 'none' },
    jobs: { concurrency: 1 },
    providers: {
      oa: {
        type: 'openai',
        base_url: wall.openaiUrl,
        api_key: 'sk',
        models: { m: model },
        timeouts: { first_byte: '2m', first_token: '2m' },
      },
    },
    budgets: [{ per: 'tenant', usd: 1, window: 'day' }],
  }
  await writeFile(join(folder, 'headgate.yaml'), JSON.stringify(config))
})
beforeEach(() => wall.clear())
afterEach(async () => {
  await Promise.all(gateways.splice(0).map(({ process }) => process.end('SIGTERM')))
})
afterAll(async () => {
  await wall.close()
  await rm(folder, { recursive: true, force: true })
})

async function start() {
  const process = await serve(['--json', '--port', '0', '--config', 'headgate.yaml', '--data', 'data'], {
    directory: folder,
    env: {},
  })
  const gateway = { process, url: /"url": "([^"]+)"/.exec(process.said.out)?.[1] ?? '' }
  gateways.push(gateway)
  return gateway
}

async function die(gateway: Awaited<ReturnType<typeof start>>, signal: 'SIGKILL' | 'SIGTERM') {
  gateways.splice(gateways.indexOf(gateway), 1)
  await gateway.process.end(signal)
}

async function send(
  { url }: { readonly url: string },
  body: object = CHAT,
  path = '/v1/chat/completions',
): Promise<Job> {
  const headers = {
    'content-type': 'application/json',
    'x-headgate-feature': 'report',
    'x-headgate-mode': 'background',
  }
  const reply = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(reply.status).toBe(202)
  return (await reply.json()) as Job
}

async function jobAt({ url }: { readonly url: string }, { id }: Job): Promise<Job> {
  return (await (await fetch(`${url}/v1/jobs/${id}`)).json()) as Job
}

function endAt(gateway: { readonly url: string }, job: Job): Promise<Job> {
  return expect
    .poll(() => jobAt(gateway, job), { timeout: TAKEN_OVER_MS, interval: 200 })
    .toMatchObject({ status: expect.stringMatching(/completed|failed|cancelled|expired/) })
    .then(() => jobAt(gateway, job))
}

interface Trace {
  readonly attempts: readonly { readonly status: string; readonly error_code: string | null }[]
}

async function attemptsOf({ url }: { readonly url: string }, { trace_id }: Job) {
  const { attempts } = (await (await fetch(`${url}/v1/traces/${trace_id}`)).json()) as Trace
  // On a busy machine the ledger may be too slow for a run: it is refused, and the job waits for another one.
  const made = attempts.filter((one) => one.status !== 'refused' || one.error_code !== 'ledger_unavailable')
  return made.map(({ status }) => status).toSorted()
}

describe('kill -9', { timeout: 120_000 }, () => {
  it('loses no job: what waited is run by another instance, what ran is run again, and its lost attempt is presumed spent', async () => {
    const [first, second] = [await start(), await start()]
    wall.plan({ tokens: 5, firstByteDelayMs: 60_000 })
    const [running, waiting] = [await send(first), await send(first)]
    await wall.waitFor(() => true)
    expect([(await jobAt(second, running)).status, (await jobAt(second, waiting)).status]).toEqual([
      'running',
      'queued',
    ])
    await die(first, 'SIGKILL')
    wall.plan({ tokens: 5 })
    const ends = [await endAt(second, running), await endAt(second, waiting)]
    expect(ends).toMatchObject([
      { status: 'completed', runs: 2, response: { choices: [{}] } },
      { status: 'completed', runs: 1, response: { choices: [{}] } },
    ])
    expect(wall.completed).toHaveLength(2)
    expect(await attemptsOf(second, waiting)).toEqual(['completed'])
    await expect
      .poll(() => attemptsOf(second, running), { timeout: TAKEN_OVER_MS, interval: 200 })
      .toEqual(['completed', 'presumed_spent'])
  })

  it('does not run again what may have acted in the world', async () => {
    const [first, second] = [await start(), await start()]
    wall.plan({ tokens: 5, firstByteDelayMs: 60_000 })
    const tools = [
      { type: 'mcp', server_label: 'mail', server_url: 'https://mcp.example.com/sse', require_approval: 'never' },
    ]
    const job = await send(first, { model: 'oa/m', input: TEXT, tools }, '/v1/responses')
    await wall.waitFor(() => true)
    await die(first, 'SIGKILL')
    wall.plan({ tokens: 5 })
    expect(await endAt(second, job)).toMatchObject({ status: 'failed', runs: 1, response: null })
    expect(wall.calls).toHaveLength(1)
  })
})

describe('a restart', { timeout: 120_000 }, () => {
  it('ends what runs, and hands over what waits at once', async () => {
    const first = await start()
    wall.plan({ tokens: 5, firstByteDelayMs: 1_000 })
    const [running, waiting] = [await send(first), await send(first)]
    await wall.waitFor(() => true)
    await die(first, 'SIGTERM')
    const second = await start()
    expect((await jobAt(second, running)).status).toBe('completed')
    expect(await endAt(second, waiting)).toMatchObject({ status: 'completed', runs: 1 })
    expect(wall.completed).toHaveLength(2)
  })
})

describe('a stop that does not wait for a job', { timeout: 120_000 }, () => {
  it('cuts it, books what it used, and leaves it to be run again', async () => {
    const first = await start()
    wall.plan({ tokens: 5, firstByteDelayMs: 60_000 })
    const job = await send(first)
    const call = await wall.waitFor(() => true)
    await die(first, 'SIGTERM')
    expect(call.outcome).toBe('aborted')
    wall.plan({ tokens: 5 })
    const second = await start()
    expect(await endAt(second, job)).toMatchObject({ status: 'completed', runs: 2 })
    expect(await attemptsOf(second, job)).toEqual(['client_gone', 'completed'])
  })
})

describe('two instances', { timeout: 120_000 }, () => {
  it('see one another’s jobs, and either can cancel what runs on the other', async () => {
    const [first, second] = [await start(), await start()]
    wall.plan({ tokens: 5, firstByteDelayMs: 60_000 })
    const job = await send(first)
    const call = await wall.waitFor(() => true)
    const reply = await fetch(`${second.url}/v1/jobs/${job.id}`, { method: 'DELETE' })
    expect(await reply.json()).toMatchObject({ id: job.id, status: 'cancelled' })
    await expect.poll(() => call.outcome, { timeout: 10_000 }).toBe('aborted')
    await expect.poll(() => attemptsOf(second, job), { timeout: 10_000 }).toEqual(['client_gone'])
    expect((await jobAt(first, job)).status).toBe('cancelled')
  })
})
