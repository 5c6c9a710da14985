import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestService, type TestService } from '../../server/test-service.contract.ts'
import { runCommand } from '../command-line.contract.ts'

const PRICED = { price: { input_per_mtok: 0, output_per_mtok: 20_000 }, context: 8_000, max_output: 50 }

let under: TestService
let directory: string
beforeAll(async () => {
  under = await startTestService()
  directory = await mkdtemp(join(tmpdir(), 'simulate-'))
  const acme = await under.issue({ kind: 'tenant', tenantId: 'acme' })
  const globex = await under.issue({ kind: 'tenant', tenantId: 'globex' })
  for (const key of [acme.key, acme.key, acme.key, globex.key]) await under.call({ key })
  await under.call({ key: acme.key, model: 'nowhere' })
})
afterAll(() => under.stop())

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(directory, name), text)
  return name
}

const simulate = (...args: readonly string[]) =>
  runCommand(['simulate', ...args], {
    directory,
    env: { HEADGATE_URL: under.url, HEADGATE_ADMIN_KEY: under.adminKey },
  })

const DEARER = `
models: { fast: [wall/other] }
plans: { none: { allowed_models: [] } }
tenants: { globex: { plan: none } }
`
const CONFIG = `
storage: { url: "memory:" }
providers:
  wall: { type: openai, api_key: sk, base_url: "http://127.0.0.1:1/v1", models: { m: { price: { input_per_mtok: 1, output_per_mtok: 10 } }, n: { price: { input_per_mtok: 2, output_per_mtok: 20 } } } }
models: { fast: [wall/m] }
`

/** A whole configuration in which the other model has a price. */
const WHOLE = `providers: { wall: { api_key: "\${NOT_SET}", models: ${JSON.stringify({ other: PRICED })} } }\n${DEARER}`

describe('headgate simulate', () => {
  it('says what a policy would do to the requests of a gateway, and leaves the choice of the exit code to the flags', async () => {
    const policy = await file('dearer.yaml', WHOLE)
    const { exitCode, out, err } = await simulate('--policy', policy, '--since', '1d', '--json')
    expect([exitCode, err]).toEqual([0, ''])
    const result = JSON.parse(out)
    expect(result).toMatchObject({
      requests: 5,
      recorded: { models: { 'wall/m': 4 }, cost_usd: 0.4, refusals: { model_not_found: 1 } },
      before: { models: { 'wall/m': 4 }, cost_usd: 0.4, refusals: { model_not_found: 1 } },
      after: { models: { 'wall/other': 3 }, cost_usd: 0.6, refusals: { model_not_found: 1, model_not_allowed: 1 } },
      drift: 0,
      changed_requests: 4,
    })
    expect(result.changed).toHaveLength(4)
    expect(result.changed[0]).toMatchObject({
      tenant_id: 'globex',
      before: { model: 'wall/m' },
      after: { model: null, refusal: 'model_not_allowed' },
      reason: expect.stringContaining("not in the plan's allowed_models"),
    })
    const ask = (...flags: string[]) => simulate('--policy', policy, '--since', '1d', ...flags)
    expect(await ask('--max-cost-increase', '10%')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('cost grows by 50.0%'),
    })
    expect(await ask('--max-cost-increase', '60%')).toMatchObject({ exitCode: 0, err: '' })
    expect(await ask('--fail-on', 'refusals')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('refused requests: 2, and 1'),
    })
  })

  it('is tables for people, with the requests that change', async () => {
    const { out } = await simulate('--policy', await file('p.yaml', WHOLE), '--since', '1d', '--show', '1')
    expect(out).toContain('5 requests decided again; 4 change.')
    expect(out).toMatch(/^wall\/m +4 +80\.0% +0 +0\.0%$/m)
    expect(out).toMatch(/^cost USD +0\.400000 +0\.400000 +0\.600000 +\+50\.0%$/m)
    expect(out).toMatch(/^nobody to fall back to +4 +3$/m)
    expect(out).toContain('… and 3 more; --json lists all')
  })

  it('looks at one tenant, and at a time', async () => {
    const policy = await file('same.yaml', 'models: { fast: [wall/m] }')
    const of = async (...flags: string[]) =>
      JSON.parse((await simulate('--policy', policy, '--json', ...flags)).out).requests
    expect(await of('--since', '1d', '--tenant', 'globex')).toBe(1)
    expect(await of('--since', '2001-01-01', '--until', '2002-01-01')).toBe(0)
  })

  it('names the place and the nearest name of what is wrong with the policy', async () => {
    const policy = await file('wrong.yaml', 'tasks:\n  answer: { default: fasst }\n')
    const { exitCode, err } = await simulate('--policy', policy, '--since', '1d')
    expect([exitCode, err]).toEqual([1, expect.stringContaining('tasks.answer.default (line 2)')])
    expect(err).toContain('did you mean "fast"?')
    const secret = await file('secret.yaml', `tasks: { answer: { default: "\${file:/etc/passwd}" } }`)
    expect((await simulate('--policy', secret, '--since', '1d')).err).toContain('reads neither variables nor files')
  })

  it('decides requests of a file by the configurations alone', async () => {
    await file('headgate.yaml', CONFIG)
    const usage = { input_tokens: 1_000_000, output_tokens: 100_000 }
    const event = { attempt: 1, tenant_id: 'acme', feature: 'f', route: 'fast', provider: 'wall', model: 'm', ...usage }
    const lines = [
      { model: 'fast', context: { tenant_id: 'acme', risk: 'write' }, ...usage },
      { ...event, status: 'completed', cost_usd: 2 },
      { ...event, attempt: 1, status: 'failed' },
    ]
    const requests = await file('requests.jsonl', lines.map((one) => JSON.stringify(one)).join('\n'))
    const policy = await file('new.yaml', 'models: { fast: [wall/n] }')
    const { exitCode, out, err } = await simulate('--policy', policy, '--requests', requests, '--json')
    expect([exitCode, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({
      requests: 2,
      left_out: { 'an attempt that failed': 1 },
      before: { models: { 'wall/m': 2 }, cost_usd: 4 },
      after: { models: { 'wall/n': 2 }, cost_usd: 8 },
    })
    const bad = await file('bad.jsonl', '{"model":"fast"}\n{"model":"fast","context":{"risk":"none"}}\n')
    const wrong = await simulate('--policy', policy, '--requests', bad)
    expect(wrong).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('bad.jsonl:2 context.risk must be one of'),
    })
  })

  it('reads lines that say what explain is told, and names what is missing in one that says neither task nor model', async () => {
    await file('headgate.yaml', `${CONFIG}tasks: { answer: { default: fast } }\n`)
    const policy = await file('answer.yaml', 'tasks: { answer: { default: wall/n } }')
    const line = { context: { task: 'answer', tenant_id: 'acme' }, input_tokens: 100, output_tokens: 10 }
    const requests = await file('explained.jsonl', JSON.stringify(line))
    const { out } = await simulate('--policy', policy, '--requests', requests, '--json')
    expect(JSON.parse(out)).toMatchObject({
      requests: 1,
      before: { models: { 'wall/m': 1 } },
      after: { models: { 'wall/n': 1 } },
    })
    const nothing = await file('nothing.jsonl', JSON.stringify({ context: { tenant_id: 'acme' }, input_tokens: 100 }))
    expect(await simulate('--policy', policy, '--requests', nothing)).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('model is missing: what the request asked for, or a task'),
    })
  })

  describe('where a rule asks what was not recorded', () => {
    const task = (when: object[]) => `tasks: { answer: { default: fast, when: ${JSON.stringify(when)} } }`
    const usage = { input_tokens: 1_000_000, output_tokens: 100_000 }
    const made = { model: 'answer', context: { tenant_id: 'acme' }, served_model: 'wall/m', cost_usd: 2, ...usage }
    const tried = async (config: string, policy: string, ...flags: string[]) => {
      await file('headgate.yaml', config)
      const requests = await file('unknown.jsonl', [made, made].map((one) => JSON.stringify(one)).join('\n'))
      return simulate('--policy', await file('asks.yaml', policy), '--requests', requests, ...flags)
    }
    const EASY = task([{ if: { complexity: 'simple' }, use: 'wall/n' }])
    const POOR = task([{ if: { budget_used: { gte: 0.5 }, complexity: { lt: 0.9 } }, use: 'wall/n' }])
    const PLAIN = `${CONFIG}${task([])}`

    it('keeps the requests in the sums as unchanged, and says what they would cost with each value', async () => {
      const result = JSON.parse((await tried(PLAIN, EASY, '--json')).out)
      expect(result).toMatchObject({
        requests: 2,
        left_out: {},
        changed_requests: 0,
        before: { models: { 'wall/m': 2 }, cost_usd: 4 },
        after: { models: { 'wall/m': 2 }, cost_usd: 4 },
      })
      expect(result.assumed).toEqual({
        complexity: {
          requests: 2,
          counted_as: 'unchanged',
          before_cost_usd: 4,
          after_cost_usd: { unchanged: 4, simple: 8, medium: 4, complex: 4 },
        },
      })
      const { out } = await tried(PLAIN, EASY)
      expect(out).toContain('2 do not say their complexity, which a rule asks: counted as unchanged.')
      expect(out).toContain('after it 4.000000 if unchanged, 8.000000 if simple, 4.000000 if medium')
    })

    it('decides them with what is supposed', async () => {
      const easy = JSON.parse((await tried(PLAIN, EASY, '--suppose', 'complexity=simple', '--json')).out)
      expect(easy).toMatchObject({ requests: 2, changed_requests: 2, after: { models: { 'wall/n': 2 }, cost_usd: 8 } })
      expect(easy.assumed.complexity).toMatchObject({ requests: 2, counted_as: 'simple (0)' })
      const half = JSON.parse((await tried(PLAIN, POOR, '--suppose', 'complexity=simple', '--json')).out)
      expect(half).toMatchObject({ requests: 2, changed_requests: 0, after: { cost_usd: 4 } })
      expect(half.assumed).toMatchObject({
        complexity: { requests: 2, counted_as: 'simple (0)' },
        budget_used: { requests: 2, counted_as: 'unchanged', after_cost_usd: { '0': 4, '0.5': 8, '1': 8 } },
      })
      const both = await tried(PLAIN, POOR, '--suppose', 'budget_used=1', '--suppose', 'complexity=0.4', '--json')
      expect(JSON.parse(both.out)).toMatchObject({ changed_requests: 2, after: { cost_usd: 8 } })
      for (const wrong of ['complexity=easy', 'complexity=2', 'budget_used=-1', 'plan=free', 'complexity']) {
        expect(await tried(PLAIN, EASY, '--suppose', wrong)).toMatchObject({ exitCode: 2 })
      }
    })

    it('scores calls that stand in the file', async () => {
      await file('headgate.yaml', PLAIN)
      const call = (content: string) => ({ body: { model: 'answer', messages: [{ role: 'user', content }] }, ...usage })
      const hard = 'Prove the theorem step by step, analyze the algorithm, compare its trade-offs and design a proof.'
      const lines = ['Say hello.', hard].map((text) => JSON.stringify(call(text))).join('\n')
      const policy = ['--policy', await file('easy.yaml', EASY), '--requests', await file('calls.jsonl', lines)]
      expect(JSON.parse((await simulate(...policy, '--json')).out)).toMatchObject({
        requests: 2,
        assumed: {},
        after: { models: { 'wall/m': 1, 'wall/n': 1 }, cost_usd: 6 },
      })
    })

    it('counts them as they were recorded where the policy in force asks', async () => {
      const result = JSON.parse((await tried(`${CONFIG}${EASY}`, task([]), '--json')).out)
      expect(result).toMatchObject({
        requests: 2,
        drift: 0,
        before: { models: { 'wall/m': 2 }, cost_usd: 4, fallbacks: {} },
        after: { models: { 'wall/m': 2 }, cost_usd: 4, fallbacks: { '0': 2 } },
        assumed: { complexity: { requests: 2 } },
      })
    })
  })

  it('wants to know which requests', async () => {
    const policy = await file('x.yaml', 'models: { fast: [wall/m] }')
    expect(await simulate('--policy', policy)).toMatchObject({ exitCode: 2 })
    expect(await simulate('--since', '1d')).toMatchObject({ exitCode: 2 })
  })
})
