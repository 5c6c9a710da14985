import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestService, type TestService } from '../../server/test-service.contract.ts'
import { runCommand } from '../command-line.contract.ts'

let under: TestService
beforeAll(async () => {
  under = await startTestService({
    tenants: { acme: { daily_usd_limit: 1, daily_token_limit: 50_000 } },
    budgets: [{ per: 'feature', usd: 2, window: 'day', match: { feature: 'chat', plan: ['free', 'pro'] } }],
  })
})
afterAll(() => under.stop())

const budgets = (...args: readonly string[]) =>
  runCommand(['budgets', ...args], { env: { HEADGATE_URL: under.url, HEADGATE_ADMIN_KEY: under.adminKey } })

describe('headgate budgets list', () => {
  it('is a table with what is spent, held and left, and a bar of it', async () => {
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    await under.call({ key, feature: 'chat' })
    const { exitCode, out, err } = await budgets('list')
    expect([exitCode, err]).toEqual([0, ''])
    const [head, ...lines] = out.trimEnd().split('\n')
    expect(head).toMatch(/^scope +unit +window +limit +spent +held +left +used +resets at$/)
    expect(lines).toEqual([
      expect.stringMatching(/^tenant=acme +tokens +day +50,000 +\d+ +[\d,]+ +[\d,]+ +\d+% [█▏▎▍▌▋▊▉]* +20\d\d-/),
      expect.stringMatching(/^tenant=acme +usd +day +1\.00 +0\.10 +[\d.]+ +0\.\d+ +\d+% [█▏▎▍▌▋▊▉]+ +20\d\d-/),
    ])
  })

  it('is JSON for programs', async () => {
    const { out } = await budgets('list', '--json')
    expect(JSON.parse(out).data[1]).toMatchObject({ scope: { tenant: 'acme' }, unit: 'usd', spent: 0.1 })
  })
})

describe('headgate budgets adjust', () => {
  it('gives back, takes, and says what it did', async () => {
    const acme = ['adjust', '--scope', 'tenant=acme', '--window', 'day', '--reason', 'credit']
    expect((await budgets(...acme, '--usd', '0.05')).out).toMatch(
      /^Gave back 0\.05 usd: tenant=acme, this day \(adj_\w+\)\.\n$/,
    )
    expect((await budgets(...acme, '--tokens', '-20')).out).toMatch(/^Took 20 tokens: /)
    const { data } = JSON.parse((await budgets('list', '--json')).out)
    expect(data[1]).toMatchObject({ spent: 0.05 })
    const chat = ['adjust', '--scope', 'feature=chat', '--window', 'day', '--reason', 'r', '--usd', '1', '--json']
    const made = await budgets(...chat, '--match', 'feature=chat', '--match', 'plan=free', '--match', 'plan=pro')
    expect(JSON.parse(made.out)).toMatchObject({ unit: 'usd', amount: 1 })
  })

  it('is refused where it makes no sense, with what to do', async () => {
    const total = ['adjust', '--scope', 'total', '--window', 'month', '--reason', 'r']
    expect(await budgets(...total)).toMatchObject({ exitCode: 2, err: expect.stringContaining('--usd') })
    expect(await budgets(...total, '--usd', 'much')).toMatchObject({ exitCode: 2 })
    expect(await budgets(...total, '--usd', '1')).toMatchObject({ exitCode: 1, err: expect.stringContaining('no usd') })
    expect(await budgets('adjust', '--scope', 'acme', '--window', 'day', '--usd', '1', '--reason', 'r')).toMatchObject({
      exitCode: 2,
    })
  })
})
