import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { json, rows, startTestService, type TestService } from '../test-service.contract.ts'

let under: TestService
let acme: string
let globex: string
beforeAll(async () => {
  under = await startTestService()
  acme = (await under.issue({ kind: 'tenant', tenantId: 'acme' })).key
  globex = (await under.issue({ kind: 'tenant', tenantId: 'globex' })).key
  for (const feature of ['chat', 'search', '=HYPERLINK("http://evil")', 'a,"b"\nc']) {
    // A line break cannot be in a header: the body's metadata says it, and is refused.
    const body = { model: 'fast', messages: [{ role: 'user', content: 'Hi' }], metadata: { feature } }
    await under.ask('/v1/chat/completions', { key: acme, body })
  }
  await under.call({ key: globex, feature: 'chat' })
  await under.call({ key: globex, feature: 'chat', model: 'nothing' })
})
afterAll(() => under.stop())

const get = (path: string, accept?: string) =>
  under.ask(`/admin/v1/${path}`, { key: under.adminKey, headers: accept === undefined ? {} : { accept } })

describe('usage', () => {
  it('is grouped by what is asked, with its cost in USD', async () => {
    const all = await rows(get('usage?group_by=tenant,feature'))
    expect(all).toContainEqual(
      expect.objectContaining({ tenant_id: 'acme', feature: 'search', calls: 1, output_tokens: 10, cost_usd: 0.1 }),
    )
    const [total] = await rows(get('usage'))
    expect(total).toMatchObject({ calls: 5, output_tokens: 40, cost_usd: 0.4, cached_tokens: 0, reasoning_tokens: 0 })
  })

  it('is of one tenant, of one time, by the hour', async () => {
    expect(await rows(get('usage?group_by=feature&tenant_id=globex'))).toMatchObject([{ feature: 'chat', calls: 2 }])
    expect(await rows(get('usage?group_by=feature&to=2001-01-01T00:00:00Z&from=2000-01-01T00:00:00Z'))).toEqual([])
    const hour = new Date().toISOString().slice(0, 13)
    const [newest] = await rows(get('usage?interval=hour'))
    expect(String(newest?.interval)).toContain(hour)
  })

  it.each([
    ['group_by=colour', 'group_by'],
    ['group_by=__proto__', 'group_by'],
    ['interval=week', 'interval'],
    ['from=yesterday', 'from'],
    ['to=1e400', 'to'],
  ])('with %s is refused, and the parameter is named', async (query, param) => {
    const reply = await get(`usage?${query}`)
    expect(reply.status).toBe(400)
    expect(await json(reply)).toMatchObject({ error: { param } })
  })

  it('refuses times beyond all calendars by the parameter', async () => {
    const reply = await get('usage?from=0&to=99999999999999999999')
    expect([reply.status, await reply.json()]).toMatchObject([400, { error: { code: 'invalid_request', param: 'to' } }])
  })
})

describe('events and traces', () => {
  it('are newest first and filtered by tenant and status', async () => {
    expect(await rows(get('events?tenant_id=globex'))).toMatchObject([
      { status: 'refused', error_code: 'model_not_found', cost_usd: 0 },
      {
        status: 'completed',
        model: 'm',
        provider: 'wall',
        deployment: 'wall/m',
        cost_usd: 0.1,
        usage_estimated: false,
      },
    ])
    expect(await rows(get('traces?tenant_id=globex&status=completed'))).toMatchObject([
      { tenant_id: 'globex', feature: 'chat', model: 'wall/m', route: 'fast', cost_usd: 0.1, stream: false },
    ])
  })

  it('lead from a call to its trace, whichever tenant it is of', async () => {
    const id = (await under.call({ key: acme })).headers.get('x-headgate-trace-id')
    expect(await json(get(`traces/${id}`))).toMatchObject({
      trace_id: id,
      tenant_id: 'acme',
      attempts: [{ attempt: 1 }],
    })
    expect(await rows(get(`events?trace_id=${id}`))).toHaveLength(1)
    expect((await get('traces/none')).status).toBe(404)
  })
})

describe('a list', () => {
  const LISTS = ['keys', 'events', 'traces', 'budgets', 'audit'] as const

  it.each(LISTS)('of %s takes limits from 1 to 1000 and nothing else', async (list) => {
    for (const limit of ['1', '1000']) expect((await get(`${list}?limit=${limit}`)).status).toBe(200)
    for (const limit of ['0', '1001', '-1', '1.5', 'ten', '', '1e2', '0x10', '%31%30%30%31']) {
      const reply = await get(`${list}?limit=${limit}`)
      expect([limit, reply.status]).toEqual([limit, 400])
      expect(await json(reply)).toMatchObject({ error: { code: 'invalid_request', param: 'limit' } })
    }
  })

  it.each(['keys', 'events', 'traces', 'audit'])('of %s refuses a cursor that it never gave', async (list) => {
    const reply = await get(`${list}?cursor=bm9uc2Vuc2U`)
    expect(await json(reply)).toMatchObject({ error: { param: 'cursor' } })
  })

  it.each([['application/x-ndjson'], ['text/csv'], ['application/json']])(
    'as %s names its next page in link, until the last',
    async (accept) => {
      const seen: string[] = []
      let path: string | undefined = '/admin/v1/events?limit=2&tenant_id=acme'
      while (path !== undefined) {
        const reply: Response = await under.ask(path, { key: under.adminKey, headers: { accept } })
        expect(reply.headers.get('content-type')).toContain(accept)
        seen.push(...((await reply.text()).match(/\b(?:at_|att_)\w+/g) ?? []))
        path = /^<(\/admin\/v1\/events\?[^>]*)>; rel="next"$/.exec(reply.headers.get('link') ?? '')?.[1]
        if (path !== undefined) expect(path).toContain('tenant_id=acme')
      }
      const events = await rows(get('events?tenant_id=acme&limit=1000'))
      expect(new Set(seen)).toEqual(new Set(events.map(({ id }) => id)))
    },
  )

  it('as JSONL is one object a line', async () => {
    const text = await (await get('events?tenant_id=acme', 'application/x-ndjson')).text()
    const lines = text.trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual(await rows(get('events?tenant_id=acme')))
  })

  it('as CSV has a head, quotes what needs it and defuses what a spreadsheet would run', async () => {
    const text = await (await get('usage?group_by=feature&tenant_id=acme', 'text/csv')).text()
    const [head, ...lines] = text.trimEnd().split('\r\n')
    expect(head).toBe(
      'feature,calls,input_tokens,output_tokens,cached_tokens,cache_write_tokens,reasoning_tokens,cost_usd,charge_usd',
    )
    expect(lines).toContainEqual(expect.stringMatching(/^"'=HYPERLINK\(""http:\/\/evil""\)",1,\d+,10,0,0,0,0\.1,0\.1$/))
  })
})
