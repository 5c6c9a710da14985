import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rows, startTestService, type TestService } from '../../server/test-service.contract.ts'
import { runCommand } from '../command-line.contract.ts'

let under: TestService
beforeAll(async () => {
  under = await startTestService({ auth: { mode: 'none' } })
})
afterAll(() => under.stop())

const kill = (...args: readonly string[]) =>
  runCommand(['kill', ...args], { env: { HEADGATE_URL: under.url, HEADGATE_ADMIN_KEY: under.adminKey } })
const switches = () => rows(under.ask('/admin/v1/kill-switches', { key: under.adminKey }))

describe('headgate kill', () => {
  it('switches a scope off and on again', async () => {
    const on = await kill('on', '--scope', 'tenant=default', '--reason', 'looping')
    expect([on.exitCode, on.out]).toEqual([0, 'Switched off tenant=default.\n'])
    expect((await under.call()).status).toBe(403)
    const off = await kill('off', '--scope', 'tenant=default', '--reason', 'fixed')
    expect([off.exitCode, off.out]).toEqual([0, 'Switched on tenant=default again.\n'])
    expect((await under.call()).status).toBe(200)
    const [newest] = await rows(under.ask('/admin/v1/audit?limit=1', { key: under.adminKey }))
    expect(newest).toMatchObject({ action: 'kill_switch.off', reason: 'fixed' })
  })

  it('takes the total, values with = and commas, and several names', async () => {
    await kill('on', '--scope', 'total', '--reason', 'x')
    await kill('on', '--scope', 'user=a=b,c', '--scope', 'tenant=acme', '--reason', 'x')
    expect((await switches()).map(({ scope }) => scope)).toEqual([{ user: 'a=b,c', tenant: 'acme' }, { total: true }])
    await kill('off', '--scope', 'tenant=acme', '--scope', 'user=a=b,c')
    await kill('off', '--scope', 'total')
    expect(await switches()).toEqual([])
  })

  it('turns off all switches of the scope and of no other', async () => {
    for (const scope of ['tenant=acme', 'tenant=acme', 'tenant=other'])
      await kill('on', '--scope', scope, '--reason', 'x')
    const off = await kill('off', '--scope', 'tenant=acme', '--json')
    expect(JSON.parse(off.out).ended).toHaveLength(2)
    expect((await switches()).map(({ scope }) => scope)).toEqual([{ tenant: 'other' }])
    await kill('off', '--scope', 'tenant=other')
  })

  it('lists what is off, and says when nothing is', async () => {
    expect((await kill('list')).out).toBe('Nothing is switched off.\n')
    await kill('on', '--scope', 'provider=wall', '--reason', 'bad answers')
    const { out } = await kill('list')
    expect(out).toMatch(
      /^scope +reason +by +since +until\nprovider=wall +bad answers +key_\w+ +20[\d: -]+ turned off\n$/,
    )
    expect(JSON.parse((await kill('list', '--json')).out).data).toHaveLength(1)
    await kill('off', '--scope', 'provider=wall')
  })

  it.each([
    [['on', '--scope', 'tenant=acme'], 2, '--reason'],
    [['on', '--reason', 'x'], 2, '--scope'],
    [['on', '--scope', 'tenant', '--reason', 'x'], 2, 'name=value'],
    [['on', '--scope', 'tenant=', '--reason', 'x'], 2, 'name=value'],
    [['on', '--scope', 'total', '--scope', 'tenant=a', '--reason', 'x'], 2, 'name=value'],
    [['on', '--scope', 'tennant=acme', '--reason', 'x'], 1, 'did you mean tenant?'],
    [['off', '--scope', 'tenant=acme'], 1, 'tenant=acme is not switched off'],
  ])('says what is wrong: %j', async (args, exitCode, hint) => {
    const result = await kill(...args)
    expect([result.exitCode, result.err]).toEqual([exitCode, expect.stringContaining(hint)])
  })
})
