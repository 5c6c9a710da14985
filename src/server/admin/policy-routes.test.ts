import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { json, startTestService, type TestService } from '../test-service.contract.ts'

const PATH = '/admin/v1/policy'

let under: TestService
let file: TestService
beforeAll(async () => {
  under = await startTestService({ policy: { source: 'ledger' }, tasks: { answer: { default: 'fast' } } })
  file = await startTestService()
})
afterAll(async () => {
  await under.stop()
  await file.stop()
})

const post = (path: string, body: object, at = under) => at.ask(`${PATH}${path}`, { key: at.adminKey, body })

describe('GET /admin/v1/policy', () => {
  it('gives the sections as YAML that changes nothing when it is published', async () => {
    for (const path of [PATH, `${PATH}/versions/1`]) {
      const reply = await under.ask(path, { key: under.adminKey, headers: { accept: 'application/yaml' } })
      expect(reply.headers.get('content-type')).toContain('application/yaml')
      const policy = await reply.text()
      expect(policy).toContain('models:\n  fast:\n    - wall/m\n')
      expect(await json(post('', { policy, dry_run: true }))).toMatchObject({ changes: [] })
    }
  })
})

describe('POST /admin/v1/policy', () => {
  it('with dry_run tells what would change, and publishes nothing, also where the policy lives in the file', async () => {
    const policy = 'models: { fast: [wall/other] }'
    for (const at of [under, file]) {
      const reply = await post('', { policy, dry_run: true }, at)
      expect([reply.status, await json(reply)]).toEqual([
        200,
        {
          source: at === file ? 'file' : 'ledger',
          after: 1,
          hash: expect.stringMatching(/^pol_/),
          changes: [{ path: 'models.fast[0]', before: 'wall/m', after: 'wall/other' }],
        },
      ])
      expect(await json(at.ask(PATH, { key: at.adminKey }))).toMatchObject({
        version: { number: 1 },
        sections: { models: { fast: ['wall/m'] } },
      })
    }
    const whole = 'providers: { wall: { api_key: sk } }\nmodels: { fast: [wall/other] }'
    expect((await post('', { policy: whole, dry_run: true })).status).toBe(400)
    expect((await post('', { policy: whole, dry_run: true }, file)).status).toBe(200)
    const wrong = await post('', { policy: 'tasks: { answer: { default: fasst } }', dry_run: true })
    expect([wrong.status, JSON.stringify(await wrong.json())]).toEqual([400, expect.stringContaining('fast')])
  })

  it('is 409 when another came after the version that it was made from', async () => {
    const reply = await post('', { policy: 'models: { fast: [wall/other] }', after: 7 })
    expect([reply.status, reply.headers.get('x-headgate-error')]).toEqual([409, 'version_conflict'])
    expect(reply.headers.get('x-should-retry')).toBe('false')
    const back = await post('/rollback', { to: 1, after: 7 })
    expect([back.status, back.headers.get('x-headgate-error')]).toEqual([409, 'version_conflict'])
  })
})

describe('POST /admin/v1/policy/simulate', () => {
  it('supposes what calls do not say, and names what cannot be supposed', async () => {
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'acme' })
    await under.call({ key, model: 'answer' })
    const policy = 'tasks: { answer: { default: fast, when: [{ if: { complexity: complex }, use: wall/other }] } }'
    const tried = (suppose?: object) => json(post('/simulate', { policy, ...(suppose ? { suppose } : {}) }))
    expect(await tried()).toMatchObject({ assumed: { complexity: { requests: 1, counted_as: 'unchanged' } } })
    expect(await tried({ complexity: 0.9 })).toMatchObject({ changed: [{ after: { refusal: 'price_unknown' } }] })
    const wrong = await post('/simulate', { policy, suppose: { complexity: 'easy' } })
    expect([wrong.status, await wrong.json()]).toEqual([
      400,
      { error: expect.objectContaining({ param: 'suppose.complexity', message: expect.stringContaining('simple') }) },
    ])
  })

  it('takes refusals by kill switches from the record, on both sides', async () => {
    const { key } = await under.issue({ kind: 'tenant', tenantId: 'globex' })
    const ways = [{ tenant: 'globex' }, { model: 'wall/m' }]
    for (const scope of ways) {
      const body = { scope, reason: 'looping' }
      const { id } = await json(under.ask('/admin/v1/kill-switches', { key: under.adminKey, body }))
      expect((await under.call({ key })).headers.get('x-headgate-error')).toBe('kill_switch_on')
      await under.ask(`/admin/v1/kill-switches/${id}`, { method: 'DELETE', key: under.adminKey })
    }
    const policy = 'models: { fast: [wall/m, wall/other] }'
    const refusals = { kill_switch_on: ways.length }
    expect(await json(post('/simulate', { policy, tenant_id: 'globex' }))).toMatchObject({
      requests: ways.length,
      drift: 0,
      changed_requests: 0,
      recorded: { refusals },
      before: { models: {}, refusals },
      after: { models: {}, refusals },
    })
  })

  it('runs once at a time: another meanwhile is 429, and the next one after it runs', async () => {
    const ask = () => post('/simulate', { policy: 'models: { fast: [wall/m] }' })
    const { reader } = under.service.house.storage
    let go: (rows: { rows: []; nextCursor: null }) => void = () => undefined
    const asked = vi.spyOn(reader, 'asked').mockReturnValueOnce(new Promise((resolve) => (go = resolve)))
    const first = ask()
    await vi.waitFor(() => expect(asked).toHaveBeenCalled())
    const second = await ask()
    expect([second.status, second.headers.get('x-headgate-error')]).toEqual([429, 'concurrency_limited'])
    expect(second.headers.get('retry-after')).toBe('5')
    go({ rows: [], nextCursor: null })
    expect((await first).status).toBe(200)
    asked.mockRestore()
    expect((await ask()).status).toBe(200)
  })

  it('is over when the one who asked for it line by line is gone', async () => {
    const body = { policy: 'models: { fast: [wall/m] }' }
    const { reader } = under.service.house.storage
    let go: (rows: { rows: []; nextCursor: null }) => void = () => undefined
    const asked = vi.spyOn(reader, 'asked').mockReturnValueOnce(new Promise((resolve) => (go = resolve)))
    const leaving = new AbortController()
    const left = fetch(`${under.url}${PATH}/simulate`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${under.adminKey}`,
        'content-type': 'application/json',
        accept: 'application/x-ndjson',
      },
      body: JSON.stringify(body),
      signal: leaving.signal,
    }).then((reply) => reply.text())
    await vi.waitFor(() => expect(asked).toHaveBeenCalled())
    expect((await post('/simulate', body)).status).toBe(429)
    leaving.abort()
    await expect(left).rejects.toThrow()
    go({ rows: [], nextCursor: null })
    await vi.waitFor(async () => expect((await post('/simulate', body)).status).toBe(200), { timeout: 10_000 })
    asked.mockRestore()
  })
})
