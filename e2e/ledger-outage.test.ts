import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Running, startRunning } from './running-gateway.ts'

let dataDir: string
let running: Running

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'headgate-outage-'))
  // Open to the account that PostgreSQL runs under, so that the cluster is inside and goes with the folder.
  await chmod(dataDir, 0o755)
  running = await startRunning(() => ({
    storage: { url: `embedded:${dataDir}` },
    plans: { paid: { daily_usd_limit: 5 } },
    tenants: { default: { plan: 'paid' } },
  }))
})
afterAll(async () => {
  await running.stop()
  await rm(dataDir, { recursive: true, force: true })
})

async function call(): Promise<{ readonly status: number; readonly code: string | null }> {
  const reply = await fetch(`${running.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-headgate-feature': 'outage' },
    body: JSON.stringify({ model: 'oa/m', max_tokens: 20, messages: [{ role: 'user', content: 'Hello.' }] }),
  })
  await reply.text()
  return { status: reply.status, code: reply.headers.get('x-headgate-error') }
}

async function until(status: number): Promise<void> {
  while ((await call()).status !== status) await new Promise((resolve) => setTimeout(resolve, 50))
}

describe('a ledger that is killed', () => {
  it('is started again by the gateway, and no served call is without its row', async () => {
    expect(await call()).toEqual({ status: 200, code: null })
    const pidFile = await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')
    running.wall.clear()
    process.kill(Number(pidFile.split('\n')[0]), 'SIGKILL')
    // Whoever is under way waits for the ledger, or is told 503; nobody is served beside it.
    const during = await Promise.all(Array.from({ length: 10 }, call))
    for (const { status } of during) expect([200, 503]).toContain(status)
    await until(200)
    const { reader } = running.service.house.storage
    const { rows } = await reader.events({ limit: 1000 })
    const charged = rows.filter(({ attempt, cost }) => attempt > 0 && cost > 0n)
    // One call was made before the log of the wall was cleared.
    expect(charged.length).toBeGreaterThanOrEqual(running.wall.completed.length + 1)
  })
})
