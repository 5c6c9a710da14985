import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, rows, startTestService, type TestService } from '../test-service.contract.ts'

let under: TestService
let tenantKey: string
beforeAll(async () => {
  under = await startTestService()
  tenantKey = (await under.issue({ kind: 'tenant', tenantId: 'acme' })).key
})
afterAll(() => under.stop())

const PATH = '/admin/v1/kill-switches'
const on = (body: unknown, key = under.adminKey) => under.ask(PATH, { key, body })
const off = (id: unknown, body?: unknown) =>
  under.ask(`${PATH}/${id}`, { method: 'DELETE', key: under.adminKey, ...(body === undefined ? {} : { body }) })
const list = (query = '') => rows(under.ask(`${PATH}${query}`, { key: under.adminKey }))
const code = async (reply: Promise<Response>) => {
  const { status, headers } = await reply
  return [status, headers.get('x-headgate-error'), headers.get('x-should-retry')]
}

describe('a kill switch', () => {
  it('is in the reply and the list as it was asked for, and is gone when it is turned off', async () => {
    const reply = await on({ scope: { tenant: 'globex' }, reason: ' paid by nobody ' })
    expect(reply.status).toBe(201)
    const made = await json(reply)
    expect(made).toEqual({
      id: expect.stringMatching(/^kill_/),
      scope: { tenant: 'globex' },
      reason: 'paid by nobody',
      actor: expect.stringMatching(/^key_/),
      cause: null,
      until: null,
      created_at: expect.stringMatching(/^20.*Z$/),
    })
    expect(await list()).toEqual([made])
    expect([(await off(made.id)).status, await list()]).toEqual([204, []])
    expect(await code(off(made.id))).toEqual([404, 'not_found', 'false'])
  })

  it.each([
    [{ total: true }],
    [{ tenant: 'acme' }],
    [{ feature: 'chat' }],
    [{ model: 'fast' }],
    [{ model: 'm' }],
    [{ model: 'wall/m' }],
    [{ provider: 'wall' }],
    [{ tenant: 'acme', model: 'fast' }],
  ])('stops the next call and lets the one after it through when it is off: %j', async (scope) => {
    const { id } = await json(on({ scope, reason: 'a runaway agent' }))
    const refused = await under.call({ key: tenantKey })
    expect([refused.status, refused.headers.get('x-headgate-error'), refused.headers.get('x-should-retry')]).toEqual([
      403,
      'kill_switch_on',
      'false',
    ])
    expect(await json(refused)).toMatchObject({ error: { message: expect.stringContaining('a runaway agent') } })
    await off(id)
    expect((await under.call({ key: tenantKey })).status).toBe(200)
  })

  it('names its scope, its reason and itself in the refusal', async () => {
    const { id } = await json(on({ scope: { tenant: 'acme', feature: 'chat' }, reason: 'looping' }))
    const { error } = await json(under.call({ key: tenantKey }))
    expect(error).toMatchObject({
      code: 'kill_switch_on',
      message: 'feature=chat,tenant=acme is switched off: looping (until an operator turns the switch off).',
      details: { kill_switch: id, scope: { tenant: 'acme', feature: 'chat' }, reason: 'looping', until: null },
    })
    expect((await under.call({ key: tenantKey, feature: 'other' })).status).toBe(200)
    await off(id)
  })

  it('leaves an audit row each time, with who, why, before and after', async () => {
    const made = await json(on({ scope: { user: 'u1' }, reason: 'looping' }))
    await off(made.id, { reason: 'fixed' })
    const other = await json(on({ scope: { user: 'u2' }, reason: 'looping' }))
    await off(other.id)
    const listed = (query: string) => rows(under.ask(`/admin/v1/audit?${query}`, { key: under.adminKey }))
    const audit = await listed('subject=user%3Du1')
    expect(await listed('subject=user%3Du1&actor=nobody')).toEqual([])
    const shown = { id: made.id, scope: { user: 'u1' }, reason: 'looping' }
    expect(audit).toMatchObject([
      { action: 'kill_switch.off', subject: 'user=u1', actor: made.actor, reason: 'fixed', before: shown, after: null },
      {
        action: 'kill_switch.on',
        subject: 'user=u1',
        actor: made.actor,
        reason: 'looping',
        before: null,
        after: shown,
      },
    ])
  })

  it.each([
    [{ scope: { tenant: 'acme' } }, 'reason'],
    [{ scope: { tenant: 'acme' }, reason: '  ' }, 'reason'],
    [{ reason: 'x' }, 'scope'],
    [{ scope: { tennant: 'acme' }, reason: 'x' }, 'scope.tennant'],
    [{ scope: { tenant: 'acme' }, reason: 'x', until: 'tomorrow' }, 'until'],
  ])('is refused when it is asked for as %j, and the field is named', async (body, param) => {
    const reply = await on(body)
    expect(reply.status).toBe(400)
    expect(await json(reply)).toMatchObject({ error: { code: 'invalid_request', param } })
    expect(await list()).toEqual([])
  })

  it('is for operators only', async () => {
    expect(await code(on({ scope: { total: true }, reason: 'x' }, tenantKey))).toEqual([
      403,
      'permission_denied',
      'false',
    ])
    expect(await list()).toEqual([])
  })
})

it('lists in pages, newest first', async () => {
  const ids = []
  for (const user of ['u1', 'u2', 'u3']) ids.unshift((await json(on({ scope: { user }, reason: 'x' }))).id)
  const first = await json(under.ask(`${PATH}?limit=2`, { key: under.adminKey }))
  const rest = await list(`?limit=2&cursor=${first.next_cursor}`)
  const seen = [...(first.data as readonly { id: unknown }[]), ...rest].map(({ id }) => id)
  expect(seen).toEqual(ids)
  for (const id of ids) await off(id)
})
