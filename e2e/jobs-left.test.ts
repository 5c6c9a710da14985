import { afterEach, describe, expect, it } from 'vitest'
import { IN_PROCESS } from '../src/access/principal.ts'
import { loadConfigObject } from '../src/config/load.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import { storedCall } from '../src/gateway/jobs/stored-call.ts'
import { SILENT_LOG } from '../src/gateway/log.ts'
import { newId } from '../src/lib/ids.ts'
import { providerDefinitions } from '../src/providers/registry.ts'
import type { JobRow, NewJob } from '../src/storage/contracts/job-store.ts'
import { newTraceId } from '../src/tracing/traceparent.ts'
import { configFor, type Running, startRunning } from './running-gateway.ts'

/* Jobs that a process left behind: as the store has them after its death, taken over by a gateway that starts. */

let running: Running
afterEach(() => running.stop())

const BODY = { model: 'via-openai', max_tokens: 100, messages: [{ role: 'user', content: 'Hi.' }] }

async function start(more: Partial<ConfigInput> = {}): Promise<void> {
  running = await startRunning(() => more, SILENT_LOG, { jobTimings: { lookMs: 50 } })
}

/** A job of a runner that nobody has heard of. */
async function left(changes: Partial<NewJob> = {}, how: { readonly begun?: number } = {}): Promise<string> {
  const { jobs } = running.service.house.storage
  const traceId = newTraceId()
  const { call, body } = storedCall(
    {
      face: 'wire',
      dialect: 'openai-chat',
      asked: null,
      bytes: Buffer.from(JSON.stringify(BODY)),
      headers: { 'x-headgate-feature': 'digest', authorization: 'Bearer hg-secret', cookie: 'a=b' },
      query: '',
      bound: { tenant_id: 'acme' },
      signal: new AbortController().signal,
      dismiss: () => undefined,
    },
    { principal: IN_PROCESS, traceId, traceparent: null },
  )
  expect(JSON.stringify(call)).not.toMatch(/hg-secret|cookie/)
  const id = newId('job')
  const job: NewJob = {
    id,
    tenantId: 'acme',
    userId: null,
    keyId: null,
    feature: 'digest',
    task: null,
    requestedModel: 'via-openai',
    dialect: 'openai-chat',
    traceId,
    deadlineMs: 60_000,
    repeatable: true,
    call,
    body,
    ...changes,
  }
  await jobs.beat('dead')
  await jobs.add(job, 'dead')
  for (let run = 0; run < (how.begun ?? 0); run += 1) {
    if (run > 0) await jobs.release(id, 'dead')
    if (run > 0) await jobs.takeOver('dead', 60_000, 1)
    await jobs.begin(id, 'dead')
  }
  return id
}

const find = async (id: string) => running.service.house.jobs.find(id, 'acme')
const statusOf = async (id: string): Promise<JobRow['status'] | undefined> => (await find(id))?.row.status

/** Lets the runner that died be forgotten. */
function die(): Promise<unknown> {
  return running.service.house.storage.jobs.takeOver('nobody', -1, 0)
}

describe('a job that was left', () => {
  it('is run under its own trace and tenant, with no key', async () => {
    await start()
    const id = await left()
    await die()
    await expect.poll(() => statusOf(id)).toBe('completed')
    const found = await find(id)
    expect(JSON.parse(found?.content ?? '')).toHaveProperty('choices')
    const { rows } = await running.service.house.storage.reader.events({ limit: 9, traceId: found?.row.traceId ?? '' })
    expect(rows).toMatchObject([{ tenantId: 'acme', feature: 'digest', status: 'completed' }])
  })

  it('waits for money until there is some', async () => {
    const budget = (usd: number) => ({ budgets: [{ per: 'tenant' as const, usd, window: 'day' as const }] })
    await start(budget(0.0001))
    const id = await left()
    await die()
    await expect.poll(() => running.service.house.jobs.size).toBe(1)
    expect(await statusOf(id)).toBe('queued')
    const knownProviders = [...providerDefinitions.values()]
    const more = loadConfigObject(configFor(running.wall, budget(1)), { env: {}, knownProviders })
    if (more.ok) running.service.reload(more.config)
    await expect.poll(() => statusOf(id), { timeout: 10_000 }).toBe('completed')
  })

  it('is not counted on rates again, nor taken for a runaway', async () => {
    await start({
      limits: [{ per: 'tenant', requests: 1, window: '1h' }],
      runaway: { identical_calls: 1, window: '1m' },
    })
    const ids = [await left(), await left(), await left()]
    await die()
    for (const id of ids) await expect.poll(() => statusOf(id)).toBe('completed')
  })

  it.each([
    ['its deadline has passed', { deadlineMs: 0 }, {}, 'expired', 'deadline_exceeded'],
    ['it may have acted in the world', { repeatable: false }, { begun: 1 }, 'failed', 'upstream_failed'],
    ['it was begun three times', {}, { begun: 3 }, 'failed', 'upstream_failed'],
  ] as const)('is not run when %s', async (_, changes, how, status, code) => {
    await start()
    const id = await left(changes, how)
    await die()
    await expect.poll(() => statusOf(id)).toBe(status)
    expect(await find(id)).toMatchObject({ row: { errorCode: code }, content: expect.stringContaining(code) })
    expect(running.wall.calls).toEqual([])
  })
})
