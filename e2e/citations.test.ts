import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Plan } from '../src/testing/index.ts'
import { type Running, startRunning } from './running-gateway.ts'

/*
 * Tasks whose answers must cite the sources of the call: by what callers get and what the ledger keeps.
 */

const DOCUMENTS = [
  { id: 'doc-1', text: 'Thirty days.', title: 'Returns' },
  { id: 'doc-2', text: 'Ask support.' },
]

let running: Running
let plan: Plan
beforeEach(async () => {
  plan = { text: 'Within thirty days [doc-1].' }
  const rag = { default: 'via-openai', requires_citations: true } as const
  running = await startRunning(() => ({
    tasks: {
      rag,
      quick: { ...rag, delivery: 'stream' },
      plain: { default: 'via-openai' },
      copied: { ...rag, shadow: { use: 'oa/ok', share: 1, daily_usd_limit: 5 } },
      copiedQuick: { ...rag, delivery: 'stream', shadow: { use: 'oa/ok', share: 1, daily_usd_limit: 5 } },
      many: { ...rag, when: [{ if: { retrieved_documents: { gte: 2 } }, use: 'oa/ok' }] },
    },
  }))
  running.wall.plan(() => plan)
})
afterEach(() => running.stop())

const CONTEXT = { 'x-headgate-tenant-id': 'default', 'x-headgate-feature': 'help' }

async function post(body: object, path = '/v1/chat/completions') {
  const reply = await fetch(`${running.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...CONTEXT },
    body: JSON.stringify({
      ...{ model: 'rag', max_tokens: 50, documents: DOCUMENTS },
      ...{ messages: [{ role: 'user', content: 'How long?' }], ...body },
    }),
  })
  const text = await reply.text()
  return { status: reply.status, flags: reply.headers.get('x-headgate-flags'), text }
}

async function flagsKept() {
  const { rows } = await running.service.house.storage.reader.requests({ limit: 10 })
  return rows.map(({ flags }) => flags)
}

describe('a task that requires citations', () => {
  it('says of each answer whether it cites the sources of the call, and never sends them', async () => {
    expect((await post({})).flags).toBeNull()
    plan = { text: 'Within thirty days.' }
    const missing = await post({})
    expect([missing.status, missing.flags]).toEqual([200, 'citations_missing'])
    expect(missing.text).toContain('Within thirty days.')
    plan = { text: 'Within thirty days [doc-1] or never [doc-9].' }
    expect((await post({})).flags).toBe('citations_unknown')
    expect((await post({}, '/v1/messages')).flags).toBe('citations_unknown')
    expect((await post({ model: 'plain' })).flags).toBeNull()
    for (const { rawBody } of running.wall.calls) expect(rawBody).not.toContain('Ask support.')
    expect(await flagsKept()).toEqual([[], ['citations_unknown'], ['citations_unknown'], ['citations_missing'], []])
    const evidence = await running.service.house.storage.reader.quality({ task: 'rag', from: 0, to: Date.now() + 1000 })
    expect(evidence).toMatchObject([{ answers: 4, valid: 1, invalid: 3 }])
  })

  it('asks no price for sources that are not sent', async () => {
    const estimateOf = async (documents: readonly object[]) => {
      const reply = await fetch(`${running.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-headgate-dry-run': '1', ...CONTEXT },
        body: JSON.stringify({ model: 'rag', documents, messages: [{ role: 'user', content: 'How long?' }] }, null, 2),
      })
      const { estimate } = (await reply.json()) as { estimate: { input_tokens: number } }
      return estimate.input_tokens
    }
    const long = [{ id: 'doc-1', text: 'Sieben "Übungen".\n'.repeat(5_000) }]
    const [few, many] = [await estimateOf([]), await estimateOf(long)]
    expect(few).toBeGreaterThan(5)
    expect(many - few).toBeGreaterThanOrEqual(0)
    expect(many - few).toBeLessThan(40)
  })

  it.each([['/v1/chat/completions'], ['/v1/messages']])('holds streams until that is known: %s', async (path) => {
    plan = { text: 'Within thirty days.' }
    const reply = await post({ stream: true }, path)
    expect([reply.status, reply.flags]).toEqual([200, 'citations_missing'])
    expect(reply.text.match(/thirty/g)).toHaveLength(1)
    plan = {}
  })

  it.each([['/v1/chat/completions'], ['/v1/messages']])(
    'lets streams go where it says so, and keeps what it found with the trace: %s',
    async (path) => {
      plan = { text: 'Within thirty days [doc-9].' }
      const reply = await post({ model: 'quick', stream: true }, path)
      expect([reply.status, reply.flags]).toEqual([200, null])
      expect(reply.text).toContain('thirty')
      expect(await flagsKept()).toEqual([['citations_unknown']])
      plan = { text: 'Within thirty days [doc-1].' }
      await post({ model: 'quick', stream: true }, path)
      expect((await flagsKept())[0]).toEqual([])
    },
  )

  it.each(['copied', 'copiedQuick'])(
    'compares copies of calls by their citations too, also of streams: %s',
    async (task) => {
      const answers = ['Thirty days.', 'Thirty days [doc-1].']
      const texts = new Map<string, string>()
      running.wall.plan(({ model }) => ({ text: texts.get(model ?? '') ?? '' }))
      for (const usual of answers) {
        for (const copy of answers) {
          texts.set('m', usual).set('ok', copy)
          await post({ model: task, stream: true })
          await new Promise((resolve) => setTimeout(resolve, 20))
          await running.service.house.engine().shadows.idle()
        }
      }
      const { rows } = await running.service.house.storage.reader.requests({ limit: 10, tenantId: '(shadow)' })
      expect(rows.map(({ flags }) => flags)).toEqual([
        ['shadow', 'shadow_tied'],
        ['shadow', 'shadow_lost', 'citations_missing'],
        ['shadow', 'shadow_won'],
        ['shadow', 'shadow_tied', 'citations_missing'],
      ])
    },
  )

  it('does the same for product code in this process', async () => {
    const call = {
      ...{ tenantId: 'acme', feature: 'help', documents: DOCUMENTS, maxOutputTokens: 50 },
      messages: [{ role: 'user' as const, content: 'How long?' }],
    }
    expect((await running.gateway.chat({ ...call, task: 'rag' })).flags).toEqual([])
    plan = { text: 'Within thirty days.' }
    expect((await running.gateway.chat({ ...call, task: 'rag' })).flags).toEqual(['citations_missing'])
    const stream = running.gateway.stream({ ...call, task: 'quick' })
    for await (const _ of stream);
    expect((await stream.answer).flags).toEqual(['citations_missing'])
    expect((await running.gateway.chat({ ...call, task: 'many' })).model).toBe('oa/ok')
    const wrong = { ...call, task: 'rag', documents: [{ id: 'a' }] as never }
    await expect(running.gateway.chat(wrong)).rejects.toMatchObject({ code: 'invalid_request' })
  })

  it.each<[string, unknown]>([
    ['documents', 'doc-1'],
    ['documents[0].id', [{ text: 'Thirty days.' }]],
    ['documents[0].id', [null]],
    ['documents[1].id', [DOCUMENTS[0], { id: 'a]b', text: '' }]],
    ['documents[0].text', [{ id: 'a' }]],
    ['documents[0].title', [{ id: 'a', text: '', title: 7 }]],
  ])('refuses sources that are none, with their path: %s', async (path, documents) => {
    const { status, text } = await post({ documents })
    expect(status).toBe(400)
    expect(text).toContain(path)
    expect(running.wall.calls).toEqual([])
  })
})
