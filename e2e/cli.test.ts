import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identityOf } from '../src/lib/process-identity.ts'
import { headgate, type Serving, serve } from './headgate-process.ts'

/*
 * The program as people run it: processes of its own, no configuration, a new data directory with a real PostgreSQL. The tests are the chapters of
 * one story and run in their order.
 */

let directory: string
let adminKey: string
let url: string
let running: Serving

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headgate-e2e-'))
  // For root the server runs as another user, who has to get to its data.
  await chmod(directory, 0o711)
})
afterAll(async () => {
  await running?.end('SIGTERM')
  await rm(directory, { recursive: true, force: true })
})

const here = (env: Record<string, string> = {}) => ({ directory, env })
const asOperator = () => here({ HEADGATE_URL: url, HEADGATE_ADMIN_KEY: adminKey })
const start = (args: readonly string[] = [], env = {}) => serve(['--port', '0', '--data', 'data', ...args], here(env))
const postgresPid = () => Number(readFileSync(join(directory, 'data/postgres/postmaster.pid'), 'utf8').split('\n')[0])

/** A process that is dead and not yet collected by its parent is dead. */
const isAlive = (pid: number) => identityOf(pid) !== null

/** What a curl line would send. */
function parseCurl(line: string) {
  const [, address = '', rest = ''] = /^curl -s (\S+) (.*)$/.exec(line) ?? []
  const headers = [...rest.matchAll(/-H "([^:]+): ([^"]+)"/g)].map(([, name = '', value = '']) => [name, value])
  const body = /-d '(.*)'$/.exec(rest)?.[1] ?? ''
  return { address, headers: Object.fromEntries(headers) as Record<string, string>, body }
}

describe('the first start', () => {
  it('without any configuration says where it is, how to try it, and the admin key once', async () => {
    running = await start()
    const { out, err } = running.said
    url = /Headgate is at (\S+), its console at \1\/console\n/.exec(out)?.[1] ?? ''
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(out).toMatch(/^Ledger: PostgreSQL \d+.*, embedded in data$/m)
    expect(out).toContain('answers are simulated')
    const keys = out.match(/hg-admin-[\w-]{43}/g) ?? []
    expect(keys).toHaveLength(1)
    adminKey = keys[0] ?? ''
    expect(err).toBe('')
  })

  it('answers the curl line that it printed', async () => {
    const { address, headers, body } = parseCurl(running.said.out.trimEnd().split('\n').at(-1) ?? '')
    const reply = await fetch(address, { method: 'POST', headers, body })
    expect(reply.status).toBe(200)
    expect(reply.headers.get('x-headgate-model')).toMatch(/^simulated\//)
    expect(Number(reply.headers.get('x-headgate-cost-usd'))).toBeGreaterThan(0)
    expect(await reply.json()).toMatchObject({
      choices: [{ message: { content: expect.stringContaining('Headgate') } }],
    })
  })

  it('serves its console and its description', async () => {
    const page = await fetch(`${url}/console`)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    const { paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object }
    expect(Object.keys(paths)).toContain('/v1/chat/completions')
  })
})

describe('commands against it', () => {
  it('make a key that works for its tenant alone, and end it', async () => {
    const made = await headgate(['keys', 'create', '--tenant', 'acme', '--default', 'feature=search'], asOperator())
    expect(made.code).toBe(0)
    const call = (tenant?: string) =>
      fetch(`${url}/v1/messages`, {
        method: 'POST',
        headers: { 'x-api-key': made.out.trim(), ...(tenant ? { 'x-headgate-tenant-id': tenant } : {}) },
        body: JSON.stringify({ model: 'fast-small', max_tokens: 30, messages: [{ role: 'user', content: 'Hello' }] }),
      })
    expect((await call()).status).toBe(200)
    expect((await call('globex')).status).toBe(403)
    const id = /key_\w+/.exec(made.err)?.[0] ?? ''
    expect((await headgate(['keys', 'revoke', id], asOperator())).out).toBe(`Revoked ${id}.\n`)
    expect((await call()).status).toBe(401)
  })

  it('send a demo and show what it used', async () => {
    const sent = await headgate(['demo', '--requests', '40', '--rate', '40'], asOperator())
    expect([sent.code, sent.err, sent.out]).toEqual([0, '', expect.stringMatching(/^Sent 40 calls: \d+ answered/)])
    const { code, out } = await headgate(['usage', '--json'], asOperator())
    expect(code).toBe(0)
    const { rows, totals } = JSON.parse(out) as {
      rows: { tenant_id: string; feature: string }[]
      totals: { cost_usd: number }
    }
    const groups = rows.map(({ tenant_id, feature }) => `${tenant_id} ${feature}`)
    expect(groups).toEqual(expect.arrayContaining(['default quickstart', 'acme search']))
    expect(groups.filter((group) => group.startsWith('demo-')).length).toBeGreaterThan(2)
    expect(totals.cost_usd).toBeGreaterThan(0)
  })

  it('find it in good order, beside the running gateway', async () => {
    const found = await headgate(['doctor', '--data', 'data', '--json'], here())
    expect(found.code).toBe(0)
    const { findings } = JSON.parse(found.out) as { findings: { about: string; verdict: string; says: string }[] }
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
    expect(findings.find(({ about }) => about === 'ledger')?.says).toContain('(was running)')
    const migrated = await headgate(['migrate', '--data', 'data', '--json'], here())
    expect([migrated.code, JSON.parse(migrated.out)]).toEqual([0, { ledger: expect.any(String), applied: [] }])
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  it('say that the port is taken, in one line', async () => {
    const { port } = new URL(url)
    const { code, out, err } = await headgate(['serve', '--port', port, '--data', 'data'], here())
    expect([code, out]).toEqual([1, ''])
    expect(err).toBe(`headgate: port ${port} on 127.0.0.1 is taken; choose another with --port\n`)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })
})

describe('stops and starts', () => {
  it('SIGTERM ends it with 0, and its PostgreSQL with it', async () => {
    const pid = postgresPid()
    expect(isAlive(pid)).toBe(true)
    expect((await running.end('SIGTERM')).code).toBe(0)
    expect(isAlive(pid)).toBe(false)
  })

  it('the second start knows everything and shows no key', async () => {
    running = await start(['--json'], { HEADGATE_LOG_LEVEL: 'info' })
    const { out } = running.said
    expect(out).not.toContain('hg-admin-')
    const facts = JSON.parse(out) as Record<string, unknown>
    expect(facts).toMatchObject({ auth: 'none', console: `${facts.url}/console`, storage: expect.any(String) })
    url = String(facts.url)
    const { rows } = JSON.parse((await headgate(['usage', '--json'], asOperator())).out) as { rows: unknown[] }
    expect(rows.length).toBeGreaterThan(2)
  })

  it('SIGKILL leaves its PostgreSQL, and the next start adopts it with all that was settled', async () => {
    const pid = postgresPid()
    const call = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'x-headgate-feature': 'last-words' },
      body: JSON.stringify({ model: 'fast-small', messages: [{ role: 'user', content: 'Hello' }] }),
    })
    expect(call.status).toBe(200)
    await call.text()
    await running.end('SIGKILL')
    expect(isAlive(pid)).toBe(true)
    const ownKey = 'an-operators-own-key-from-the-environment'
    running = await start(['--json'], { HEADGATE_ADMIN_KEY: ownKey })
    expect(running.said.out).toContain('(was running)')
    expect(running.said.out + running.said.err).not.toContain(ownKey)
    expect(postgresPid()).toBe(pid)
    url = String((JSON.parse(running.said.out) as { url: string }).url)
    adminKey = ownKey
    const usage = async () => (await headgate(['usage', '--by', 'feature', '--csv'], asOperator())).out
    await expect.poll(usage).toMatch(/\nlast-words,1,/)
  })

  it('Ctrl-C ends it as well, and its adopted PostgreSQL', async () => {
    const pid = postgresPid()
    expect((await running.end('SIGINT')).code).toBe(0)
    expect(isAlive(pid)).toBe(false)
  })
})
