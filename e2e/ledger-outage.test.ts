import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { issueKey } from '../src/access/issue-key.ts'
import { ONE_UNIT, wholeUnits } from '../src/canonical/amounts.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import { SILENT_LOG } from '../src/gateway/log.ts'
import type { UsageRow } from '../src/storage/contracts/ledger-store.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * PostgreSQL is killed under load. The gateway starts it again within a few seconds; until then calls are refused, or go on within the money that
 * was borrowed before. Either way every call that the provider completed has its row in the end, and the books equal the rows.
 */

const LANES = 6
/** So many calls come in a lane after PostgreSQL is killed, or fewer where less was borrowed. */
const CALLS_AFTERWARDS = 60

let dataDir: string
let running: Running
let key: string

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'headgate-outage-'))
  // Open to the account that PostgreSQL runs under, so that the cluster is inside and goes with the folder.
  await chmod(dataDir, 0o755)
})
afterEach(async () => {
  await running.stop()
  await rm(dataDir, { recursive: true, force: true })
})

async function start(onOutage: 'refuse' | 'journal'): Promise<void> {
  const config: Partial<ConfigInput> = {
    auth: { mode: 'keys' },
    storage: { url: `embedded:${dataDir}`, on_outage: onOutage },
    plans: { paid: { daily_usd_limit: 500, daily_token_limit: 1_000_000_000 } },
    tenants: { acme: { plan: 'paid' } },
    budgets: [{ per: 'user', requests: 1_000_000, window: 'month' }],
  }
  running = await startRunning(() => config, SILENT_LOG, {
    beforeCalls: async ({ keys }) => {
      key = (await issueKey(keys, { kind: 'tenant', tenantId: 'acme' }, Date.now())).key.reveal()
    },
  })
}

interface Reply {
  readonly status: number
  readonly error: string | null
  readonly text: string
}

async function call(number: number): Promise<Reply> {
  const reply = await fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'x-headgate-feature': 'outage', 'x-headgate-user-id': 'u1' },
    body: JSON.stringify({
      model: 'oa/m',
      max_tokens: 20,
      stream: number % 2 === 1,
      messages: [{ role: 'user', content: `Hello ${number}.` }],
    }),
  })
  return { status: reply.status, error: reply.headers.get('x-headgate-error'), text: await reply.text() }
}

/**
 * Calls in several lanes, from before PostgreSQL is killed until it is back. `until` says when it is killed, and how many calls end in a lane from then on.
 * Gives their replies.
 */
async function callThroughOutage(until: () => Promise<number>): Promise<readonly Reply[]> {
  const { ledger } = running.service.house.storage
  const replies: Reply[] = []
  let afterwards: number | null = null
  const lane = async (first: number): Promise<void> => {
    for (let number = first, made = 0; afterwards === null || made < afterwards; number += LANES) {
      const reply = await call(number)
      if (afterwards === null) continue
      made += 1
      replies.push(reply)
    }
  }
  const lanes = Array.from({ length: LANES }, (_, index) => lane(index))
  await running.wall.waitFor((seen) => seen.number > 40, 30_000)
  const calls = await until()
  const pidFile = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')
  process.kill(Number(pidFile.split('\n')[0]), 'SIGKILL')
  afterwards = calls
  const isUp = () =>
    ledger.now().then(
      () => true,
      () => false,
    )
  await expect.poll(isUp, { timeout: 30_000 }).toBe(false)
  await expect.poll(isUp, { timeout: 30_000 }).toBe(true)
  // Whoever calls now is served again.
  await expect.poll(async () => (await call(0)).status, { timeout: 30_000 }).toBe(200)
  await Promise.all(lanes)
  return replies
}

/** When this instance has borrowed for a few calls at least, and for how many in a lane, a third of what was borrowed for. It borrows by the calls' pace. */
async function borrowedAhead(): Promise<number> {
  const { ledger } = running.service.house.storage
  let inLane = 0
  const look = async () => {
    const states = await ledger.budgets()
    const calls = (states.find(({ unit }) => unit === 'requests')?.posted ?? 0n) / ONE_UNIT
    const borrowed = states.map(({ posted, sliced }) => (posted === 0n ? 0 : Number((sliced * calls) / posted)))
    inLane = Math.min(CALLS_AFTERWARDS, Math.floor(Math.min(...borrowed) / 3 / LANES))
    return inLane
  }
  await expect.poll(look, { timeout: 60_000 }).toBeGreaterThan(1)
  return inLane
}

async function allRows(): Promise<readonly UsageRow[]> {
  const { reader } = running.service.house.storage
  const rows: UsageRow[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = await reader.events({ limit: 1000, ...(cursor ? { cursor } : {}) })
    rows.push(...page.rows)
    cursor = page.nextCursor
  }
  return rows
}

/** Every call that the provider completed has one row, and the books of every unit equal the rows. */
async function checkBooks(): Promise<void> {
  const { wall, service } = running
  const sent = async () => (await allRows()).filter(({ attempt }) => attempt > 0)
  let rows: readonly UsageRow[] = []
  const look = async () => {
    rows = await sent()
    return rows.length
  }
  await expect.poll(look, { timeout: 20_000 }).toBe(wall.calls.length)
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
  const sum = {
    usd: rows.reduce((total, row) => total + row.cost, 0n),
    tokens: wholeUnits(rows.reduce((total, row) => total + row.inputTokens + row.outputTokens, 0)),
    requests: wholeUnits(rows.length),
  }
  const posted = async () => {
    const states = await service.house.storage.ledger.budgets()
    return Object.fromEntries(states.map((state) => [state.unit, state.posted]))
  }
  await expect.poll(posted, { timeout: 20_000 }).toEqual(sum)
}

describe('a ledger that is killed under load', { timeout: 90_000 }, () => {
  it('may refuse calls until it is back, and no served call is without its row', async () => {
    await start('refuse')
    const replies = await callThroughOutage(async () => CALLS_AFTERWARDS)
    for (const { status, error } of replies) {
      expect([200, 503]).toContain(status)
      if (status === 503) expect(error).toBe('ledger_unavailable')
    }
    await checkBooks()
  })

  it('with a journal no call is refused, and the ledger gets all of them when it is back', async () => {
    await start('journal')
    const replies = await callThroughOutage(borrowedAhead)
    expect([...new Set(replies.filter(({ status }) => status !== 200).map(({ text }) => text))]).toEqual([])
    for (const { text } of replies) expect(text).not.toContain('ledger')
    await checkBooks()
  })
})
