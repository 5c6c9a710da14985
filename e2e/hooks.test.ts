import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Engine } from '../src/gateway/engine.ts'
import { startWall } from '../src/testing/index.ts'
import { serve } from './headgate-process.ts'
import { type Running, startRunning } from './running-gateway.ts'

/* Who may only look on may also fail: no call ends for it, no book stays open, and no stream is cut. */

const CHAT = '/v1/chat/completions'
const fail = (): never => {
  throw new Error('a hook failed')
}

function call(url: string, stream: boolean, model = 'via-openai'): Promise<Response> {
  return fetch(url + CHAT, {
    method: 'POST',
    headers: { 'x-headgate-feature': 'test' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hi.' }] }),
  })
}

describe('a hook that throws', () => {
  let running: Running
  afterEach(() => running.stop())

  const HOOKS: readonly (readonly [string, (engine: Engine) => void])[] = [
    ['the onlooker', (engine) => Object.assign(engine, { onlooker: fail })],
    ['the count of calls', (engine) => Object.assign(engine.metrics, { closed: fail })],
    ['the log', () => undefined],
  ]

  it.each(HOOKS)('leaves calls, refusals and books as they are: %s', async (_name, break_) => {
    const log = { info: fail, warn: fail, error: fail }
    running = await startRunning(() => ({ budgets: [{ per: 'total', usd: 10, window: 'day' }] }), log)
    break_(running.service.house.engine())
    expect((await call(running.url, false)).status).toBe(200)
    expect(await (await call(running.url, true)).text()).toMatch(/data: \[DONE\]\n\n$/)
    expect((await call(running.url, false, 'nobody')).status).toBe(404)
    running.wall.plan([{ fault: { kind: 'cut', after: 2 } }])
    expect(await (await call(running.url, true)).text()).toContain('upstream_truncated')

    const { storage } = running.service.house
    const { rows } = await storage.reader.events({ limit: 10 })
    expect(rows.map(({ status }) => status).toSorted()).toEqual(['completed', 'completed', 'incomplete', 'refused'])
    const cost = rows.reduce((sum, row) => sum + row.cost, 0n)
    await running.service.stop()
    const [budget] = await storage.ledger.budgets()
    expect([budget?.posted, budget?.sliced]).toEqual([cost, 0n])
  })
})

describe('a mistake that nobody caught', () => {
  /** A process in which SIGUSR2 is a forgotten promise, and SIGWINCH an exception out of nowhere. */
  const MISTAKES = `
    process.on('SIGUSR2', () => void Promise.reject(new Error('forgotten')))
    process.on('SIGWINCH', () => setImmediate(() => { throw new Error('out of nowhere') }))
  `

  it('cuts no stream: a forgotten promise is logged, and after an exception the process stops in order', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headgate-mistakes-'))
    const wall = await startWall({ defaultPlan: { tokens: 300, betweenEventsMs: 5 } })
    try {
      const model = { price: { input_per_mtok: 1, output_per_mtok: 10 } }
      const config = {
        auth: { mode: 'none' },
        storage: { url: 'memory:' },
        providers: { oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk', models: { m: model } } },
      }
      await writeFile(join(directory, 'headgate.yaml'), JSON.stringify(config))
      await writeFile(join(directory, 'mistakes.mjs'), MISTAKES)
      const env = { NODE_OPTIONS: `--import ${join(directory, 'mistakes.mjs')}` }
      const gateway = await serve(['--json', '--port', '0', '--config', 'headgate.yaml'], { directory, env })
      const { url } = JSON.parse(gateway.said.out) as { url: string }
      const streams = await Promise.all(Array.from({ length: 10 }, () => call(url, true, 'oa/m')))
      process.kill(gateway.pid, 'SIGUSR2')
      await expect.poll(() => gateway.said.err).toContain('a promise was rejected and nobody cared')
      expect((await fetch(`${url}/livez`)).status).toBe(200)
      process.kill(gateway.pid, 'SIGWINCH')
      for (const stream of streams) expect(await stream.text()).toMatch(/data: \[DONE\]\n\n$/)
      const { code, err } = await gateway.ended
      expect(err).toContain('an exception was not caught')
      expect(code).toBe(1)
    } finally {
      await wall.close()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
