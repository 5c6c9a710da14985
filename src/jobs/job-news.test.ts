import { expect, it, vi } from 'vitest'
import { Secret } from '../lib/secret.ts'
import { openMemoryStorage } from '../storage/memory/open.ts'
import { tellNews } from './job-news.ts'

const SECRET = new Secret('a-secret-that-is-long-enough-0123')
const END = { status: 'completed', content: '{"said":"hush"}', errorCode: null, servedModel: 'oa/m', cost: 7n } as const

async function desk(urls: readonly string[], answer: (url: string) => number) {
  let nowMs = 1_795_262_400_000
  const clock = { now: () => nowMs, monotonic: () => nowMs }
  const store = openMemoryStorage({ clock }).jobs
  await store.beat('r')
  const names = {
    id: 'job_1',
    tenantId: 'acme',
    userId: null,
    keyId: null,
    feature: 'f',
    task: null,
    requestedModel: 'm',
  }
  const asked = { call: {}, body: Buffer.from('{"ask":"hush"}'), repeatable: true, deadlineMs: 1_000 }
  await store.add({ ...names, ...asked, dialect: 'openai-chat', traceId: 't' }, 'r')
  await store.finish('job_1', 'r', END, true)
  const post = vi.fn(async (url: string, _headers: Readonly<Record<string, string>>, _body: Buffer) => ({
    status: answer(url),
  }))
  const warn = vi.fn()
  const webhooks = () => urls.map((url) => ({ url, secret: SECRET }))
  const tell = () => tellNews({ store, webhooks, post, clock, log: { warn }, pausesMs: [1_000, 5_000] })
  const later = (ms: number) => {
    nowMs += ms
  }
  return { post, warn, tell, later }
}

it('tells each webhook once, without what was asked and answered', async () => {
  const { post, tell, later } = await desk(['https://a.example/x', 'https://b.example/x'], () => 204)
  expect(await tell()).toBeNull()
  later(100_000)
  await tell()
  expect(post.mock.calls.map(([url]) => url)).toEqual(['https://a.example/x', 'https://b.example/x'])
  const body = String(post.mock.calls[0]?.[2])
  expect(JSON.parse(body)).toMatchObject({
    type: 'job.completed',
    at: '2026-11-21T12:00:00.000Z',
    job: { id: 'job_1' },
  })
  expect(body).not.toContain('hush')
})

it('tries again those that did not take it, after growing pauses, and gives up with a line in the log', async () => {
  const { post, warn, tell, later } = await desk(['https://up.example', 'https://down.example/path?secret'], (url) =>
    url.includes('up') ? 200 : 503,
  )
  expect(await tell()).toBe(1_000)
  expect(await tell()).toBeNull()
  later(1_000)
  expect(await tell()).toBe(5_000)
  later(5_000)
  expect(await tell()).toBeNull()
  later(1_000_000)
  await tell()
  expect(post.mock.calls.map(([url]) => new URL(url).hostname)).toEqual([
    'up.example',
    'down.example',
    'down.example',
    'down.example',
  ])
  expect(warn.mock.calls).toMatchObject([[{ job: 'job_1', webhook: 'https://down.example' }, expect.any(String)]])
})

it('takes no for an answer', async () => {
  const { post, tell, later } = await desk(['https://a.example'], () => 410)
  expect(await tell()).toBeNull()
  later(1_000_000)
  await tell()
  expect(post).toHaveBeenCalledTimes(1)
})
