import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CONTEXT_FIELDS } from '../../access/context-fields.ts'
import type { ConfigInput } from '../../config/schema.ts'
import { startTestService, type TestService } from '../../server/test-service.contract.ts'
import { runCommand } from '../command-line.contract.ts'

const SECTIONS: Partial<ConfigInput> = {
  tasks: {
    answer: {
      default: 'fast',
      when: [
        { if: { plan: 'free' }, use: 'fast' },
        { if: { risk: 'write' }, use: 'fast' },
        { if: { complexity: 'complex', budget_used: { gte: 0.8 } }, use: 'fast' },
      ],
    },
  },
  plans: { free: { rpm_limit: 7, allowed_models: ['fast'] }, none: { allowed_models: [] } },
  tenants: { acme: {} },
}

let under: TestService
let directory: string
beforeAll(async () => {
  under = await startTestService(SECTIONS)
  directory = await mkdtemp(join(tmpdir(), 'headgate-explain-'))
})
afterAll(async () => {
  await under.stop()
  await rm(directory, { recursive: true, force: true })
})

const explain = (...args: readonly string[]) =>
  runCommand(['explain', ...args], {
    env: { HEADGATE_URL: under.url, HEADGATE_ADMIN_KEY: under.adminKey },
    directory,
  })
const asJson = async (...args: readonly string[]) => JSON.parse((await explain(...args, '--json')).out)

describe('headgate explain', () => {
  it('shows the rules that were tried, the candidates, the estimate and the limits', async () => {
    const { exitCode, out, err } = await explain(
      '--task',
      'answer',
      '--tenant',
      'acme',
      '--plan',
      'free',
      '--input-tokens',
      '70',
    )
    expect([exitCode, err]).toEqual([0, ''])
    expect(out).toMatch(/^served by +wall\/m$/m)
    expect(out).toMatch(/^the call +tenant_id=acme feature=default task=answer plan=free/m)
    expect(out).toMatch(/^rule +task answer, rule 0, when plan is free: fast$/m)
    expect(out).toMatch(/^estimate +70 tokens in, at most 50 out, at most \$0\.5$/m)
    expect(out).toMatch(/^ {2}✓ when plan is free/m)
    expect(out).toMatch(/^ {2}✓ +wall\/m +fast +default +0\.500000 +– /m)
    expect(out).toMatch(/^ {2}✓ +tenant=acme +requests +1m +7 +0 +0 +7 +1 +pass$/m)
  })

  it('says why a rule did not fit, and why a call would be refused', async () => {
    expect((await explain('--task', 'answer', '--tenant', 'acme', '--risk', 'write')).out).toMatch(
      /^ {2}✗ when plan is free +\(plan is free does not hold: /m,
    )
    const { exitCode, out } = await explain('--task', 'answer', '--tenant', 'acme', '--plan', 'none')
    expect(exitCode).toBe(0)
    expect(out).toMatch(/^refused +model_not_allowed \(HTTP 403\)$/m)
    expect(out).toMatch(/^ {2}✗ +wall\/m +fast +model_not_allowed /m)
  })

  it('has a flag for every attribute of a context', async () => {
    const { out } = await explain('--help')
    const values: Record<string, string> = {
      risk: 'write',
      quality: 'best',
      data_sensitivity: 'internal',
      plan: 'free',
      task: 'answer',
    }
    const flags = CONTEXT_FIELDS.flatMap(({ name, rule }) => {
      expect(out).toContain(`--${name.replaceAll('_', '-')} <value>`)
      return [`--${name.replaceAll('_', '-')}`, values[name] ?? (rule.type === 'number' ? '3' : `the-${name}`)]
    })
    const { context } = await asJson(...flags)
    expect(Object.keys(context).toSorted()).toEqual(CONTEXT_FIELDS.map(({ name }) => name).toSorted())
    expect(context).toMatchObject({
      tenant_id: 'the-tenant_id',
      team_id: 'the-team_id',
      retrieved_documents: 3,
      plan: 'free',
    })
  })

  it('takes a call in a file, in any format, and flags beside it', async () => {
    await writeFile(
      join(directory, 'call.json'),
      JSON.stringify({ model: 'fast', contents: [{ role: 'user', parts: [{ text: 'Hi' }] }] }),
    )
    expect(await asJson('call.json', '--tenant', 'acme', '--user-id', 'u1')).toMatchObject({
      requested_model: 'fast',
      chosen: { deployment: 'wall/m' },
      context: { tenant_id: 'acme', user_id: 'u1' },
    })
    expect(await asJson('call.json', '--model', 'answer')).toMatchObject({ task: 'answer' })
    await writeFile(join(directory, 'list.json'), '[]')
    expect(await explain('list.json')).toMatchObject({ exitCode: 1, err: expect.stringContaining('JSON object') })
  })

  it('shows the decision of a call that was made, and what happened to it', async () => {
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    const reply = await under.call({ key, model: 'answer' })
    await reply.text()
    const id = reply.headers.get('x-headgate-trace-id') ?? ''
    const { exitCode, out } = await explain(id)
    expect(exitCode).toBe(0)
    expect(out).toMatch(new RegExp(`^trace +${id}, 20`, 'm'))
    expect(out).toMatch(/^status +completed, \$0\.1$/m)
    expect(out).toMatch(/^route +fast$/m)
    expect(out).toMatch(/^ {2}wall\/m +completed +– +\d+ +10 +0\.100000 +\d+$/m)
    expect(out).toMatch(/^ {2}✗ when plan is free/m)
    expect(await asJson(id)).toMatchObject({ trace_id: id, decision: { chosen: { deployment: 'wall/m' } } })
    expect(await explain('tr_nothing')).toMatchObject({ exitCode: 1 })
  })

  it('asks a config file without a gateway', async () => {
    const config =
      'providers: { sim: { type: simulated } }\nmodels: { small: [sim/simulated-small] }\ntasks: { answer: { default: small } }\n'
    await writeFile(join(directory, 'other.yaml'), config)
    expect(await asJson('--config', 'other.yaml', '--task', 'answer')).toMatchObject({
      chosen: { deployment: 'sim/simulated-small' },
    })
    await writeFile(join(directory, 'wrong.yaml'), 'models: { small: [nobody/m] }\n')
    expect(await explain('--config', 'wrong.yaml', '--task', 'answer')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('wrong.yaml:1'),
    })
    expect(await explain('--config', 'other.yaml', '--task', 'answer', '--plan', 'gold')).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('no plan gold'),
    })
  })

  it('supposes how hard a call is and how full its budgets are, for one in a file too', async () => {
    const supposed = ['--complexity', 'complex', '--budget-used', '0.9'] as const
    expect(await asJson('--task', 'answer', '--tenant', 'acme', ...supposed)).toMatchObject({ rule: { index: 2 } })
    const call = { model: 'answer', messages: [{ role: 'user', content: 'Hi.' }] }
    await writeFile(join(directory, 'easy.json'), JSON.stringify(call))
    expect(await asJson('easy.json', ...supposed)).toMatchObject({ rule: { index: 2 } })
    expect(await asJson('easy.json', '--budget-used', '0.9')).toMatchObject({ rule: { index: null } })
    expect(await explain('--task', 'answer', '--complexity', 'hard')).toMatchObject({ exitCode: 2 })
  })

  it('says what is missing', async () => {
    expect(await explain()).toMatchObject({ exitCode: 2, err: expect.stringContaining('--task') })
    expect(await explain('no such file')).toMatchObject({ exitCode: 2 })
    expect(await explain('--task', 'answer', '--risk', 'huge')).toMatchObject({
      exitCode: 2,
      err: expect.stringMatching(/--risk.*must be one of read_only, write, admin/),
    })
  })

  it('shows what a policy sets and changes of a call', async () => {
    await writeFile(
      join(directory, 'clamps.yaml'),
      'providers: { sim: { type: simulated } }\nmodels: { small: [sim/simulated-small] }\n' +
        'tasks: { answer: { default: small, parameters: { temperature: { max: 1 }, max_output_tokens: { default: 9 } }, when: [{ if: { requires_json: true }, use: sim/simulated-large }] } }\n',
    )
    const messages = [{ role: 'user', content: 'Hi' }]
    await writeFile(join(directory, 'warm.json'), JSON.stringify({ model: 'answer', messages, temperature: 1.9 }))
    const { out } = await explain('--config', 'clamps.yaml', 'warm.json')
    expect(out).toMatch(/^changed +temperature 1\.9 -> 1, by task$/m)
    expect(out).toMatch(/^set +max_output_tokens 9, by task$/m)
    expect(await asJson('--config', 'clamps.yaml', '--task', 'answer', '--requires-json')).toMatchObject({
      rule: { index: 0 },
      chosen: { deployment: 'sim/simulated-large' },
    })
  })
})
