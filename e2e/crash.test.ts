import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWall, type Wall } from '../src/testing/index.ts'

/*
 * kill -9 under load, again and again. The wall's own log is the outside truth: every call that it completed must have exactly one
 * row, whether the gateway lived to settle it or not. In every third round PostgreSQL dies with the gateway.
 */

const ROUNDS = 10
const CALLS_A_ROUND = 40
const ADMIN_KEY = 'hg-admin-for-this-test-only-0123456789abcdef'
const ROOT = resolve(import.meta.dirname, '..')

let folder: string
let wall: Wall
let gateway: ChildProcess
let url = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headgate-crash-'))
  // Open to the account that PostgreSQL runs under, so that the cluster is inside and goes with the folder.
  await chmod(folder, 0o755)
  wall = await startWall({ defaultPlan: { tokens: 20, firstByteDelayMs: 5, betweenEventsMs: 4 } })
  const model = { price: { input_per_mtok: 1, output_per_mtok: 10 }, context: 100_000, max_output: 4_000 }
  const config = {
    version: 1,
    auth: { mode: 'none' },
    providers: { oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models: { m: model } } },
    plans: { paid: { daily_usd_limit: 100, monthly_usd_limit: 1000 } },
    tenants: { default: { plan: 'paid' } },
  }
  await writeFile(join(folder, 'headgate.yaml'), JSON.stringify(config))
})
afterAll(async () => {
  gateway.kill('SIGTERM')
  await new Promise((done) => gateway.once('exit', done))
  await wall.close()
  await rm(folder, { recursive: true, force: true })
})

async function start(): Promise<void> {
  gateway = spawn(
    process.execPath,
    [
      'bin/headgate.js',
      'serve',
      '--json',
      '--port',
      '0',
      '--config',
      join(folder, 'headgate.yaml'),
      '--data',
      join(folder, 'data'),
    ],
    { cwd: ROOT, env: { ...process.env, HEADGATE_ADMIN_KEY: ADMIN_KEY }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  let said = ''
  url = await new Promise<string>((done, failed) => {
    gateway.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const found = /"url": "([^"]+)"/.exec(said)?.[1]
      if (found) done(found)
    })
    gateway.once('exit', (code) => failed(new Error(`the gateway ended with ${code} before it listened`)))
  })
}

async function crash(withDatabase: boolean): Promise<void> {
  const gone = new Promise((done) => gateway.once('exit', done))
  gateway.removeAllListeners('exit')
  gateway.once('exit', () => undefined)
  const exited = new Promise((done) => gateway.once('close', done))
  gateway.kill('SIGKILL')
  if (withDatabase) process.kill(await postmaster(), 'SIGKILL')
  await Promise.race([gone, exited])
}

async function postmaster(): Promise<number> {
  const file = join(folder, 'data', 'postgres', 'postmaster.pid')
  return Number((await readFile(file, 'utf8')).split('\n')[0])
}

let sent = 0

/** Sends calls until told to stop; half of them streamed. What becomes of them is nobody's business but the wall's. */
async function load(): Promise<void> {
  await Promise.all(
    Array.from({ length: CALLS_A_ROUND }, async () => {
      sent += 1
      const name = `tr_call-${sent}`
      const body = {
        model: 'oa/m',
        max_tokens: 50,
        stream: sent % 2 === 0,
        messages: [{ role: 'user', content: name }],
      }
      const headers = { 'content-type': 'application/json', 'x-headgate-feature': 'crash', 'x-headgate-trace-id': name }
      await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: JSON.stringify(body) })
        .then((reply) => reply.text())
        .catch(() => undefined)
    }),
  )
}

interface Row {
  readonly trace_id: string
  readonly attempt: number
  readonly status: string
  readonly cost_usd: number
}

async function rows(): Promise<Row[]> {
  const all: Row[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await fetch(
      `${url}/admin/v1/events?limit=500${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
      {
        headers: { authorization: `Bearer ${ADMIN_KEY}` },
      },
    )
    const { data, next_cursor } = (await page.json()) as { data: Row[]; next_cursor: string | null }
    all.push(...data)
    cursor = next_cursor
  }
  return all
}

describe('a gateway that is killed under load', () => {
  it(`has one row for every call that the provider completed, after ${ROUNDS} crashes`, {
    timeout: 240_000,
  }, async () => {
    for (let round = 1; round <= ROUNDS; round += 1) {
      await start()
      const before = wall.calls.length
      let killed = false
      // On a busy machine many calls are refused at first: there are new ones until the moment has come.
      const traffic = (async () => {
        do await load()
        while (!killed)
      })()
      // The moment of death is tied to the load, not to a clock: after a few calls, in the middle of others.
      await wall.waitFor((call) => call.number > before + (round % 7) * 4 && call.firstByteAt !== null, 30_000)
      killed = true
      await crash(round % 3 === 0)
      await traffic
    }
    await start()
    await load()
    const found = await rows()
    const perTrace = new Map<string, Row[]>()
    for (const row of found) perTrace.set(row.trace_id, [...(perTrace.get(row.trace_id) ?? []), row])
    const nameOf = (body: string): string => /tr_call-\d+/.exec(body)?.[0] ?? ''
    const completed = wall.completed.map((call) => nameOf(call.rawBody))
    expect(completed.length).toBeGreaterThan(CALLS_A_ROUND)
    const wrong = completed.filter((name) => perTrace.get(name)?.filter(({ attempt }) => attempt > 0).length !== 1)
    expect(wrong).toEqual([])
    expect(found.some(({ status }) => status === 'presumed_spent')).toBe(true)
    const reached = new Set(wall.calls.map((call) => nameOf(call.rawBody)))
    // And no money for calls that never left: every charged row belongs to a call that the provider saw.
    const invented = found.filter(
      (row) => row.cost_usd > 0 && row.status !== 'presumed_spent' && !reached.has(row.trace_id),
    )
    expect(invented).toEqual([])
  })
})
