import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobEnd, JobStore, NewJob } from './job-store.ts'
import { type OpenStorage, type StorageUnderTest, unique } from './samples.contract.ts'

const LEASE_MS = 20_000
const HOUR_MS = 3_600_000
const DONE: JobEnd = { status: 'completed', content: '{"text":"ok"}', errorCode: null, servedModel: 'oa/m', cost: 70n }

function jobOf(changes: Partial<NewJob> = {}): NewJob {
  return {
    id: unique('job'),
    tenantId: 'acme',
    userId: 'u1',
    keyId: 'key_1',
    feature: 'digest',
    task: null,
    requestedModel: 'fast-small',
    dialect: 'openai-chat',
    traceId: unique('tr'),
    deadlineMs: HOUR_MS,
    repeatable: true,
    call: { headers: { 'x-headgate-feature': 'digest' } },
    body: Buffer.from('{"model":"fast-small"}'),
    ...changes,
  }
}

async function runnerOf(jobs: JobStore): Promise<string> {
  const runner = unique('runner')
  await jobs.beat(runner)
  return runner
}

/** What every store of jobs must do. */
export function jobStoreContract(open: OpenStorage): void {
  let under: StorageUnderTest
  let jobs: JobStore
  beforeAll(async () => {
    under = await open()
    jobs = under.storage.jobs
  })
  afterAll(() => under.close())

  async function begun(job = jobOf()): Promise<{ readonly job: NewJob; readonly runner: string }> {
    const runner = await runnerOf(jobs)
    await jobs.add(job, runner)
    await jobs.begin(job.id, runner)
    return { job, runner }
  }

  describe('a job', () => {
    it('is kept queued, begun, and ended with its answer', async () => {
      const runner = await runnerOf(jobs)
      const job = jobOf()
      const added = await jobs.add(job, runner)
      expect(added).toMatchObject({ id: job.id, tenantId: 'acme', status: 'queued', runs: 0, endedAt: null, cost: 0n })
      expect(added.deadlineAt - added.createdAt).toBeCloseTo(HOUR_MS, -3)
      expect(await jobs.begin(job.id, runner)).toBe(true)
      expect((await jobs.find(job.id, 'acme'))?.row).toMatchObject({ status: 'running', runs: 1 })
      expect(await jobs.finish(job.id, runner, DONE, false)).toBe(true)
      const found = await jobs.find(job.id, 'acme')
      expect(found).toMatchObject({
        row: { status: 'completed', servedModel: 'oa/m', cost: 70n, errorCode: null },
        content: DONE.content,
      })
      expect(found?.row.endedAt).toBeGreaterThan(0)
    })

    it('is begun once and ends once', async () => {
      const { job, runner } = await begun()
      expect(await jobs.begin(job.id, runner)).toBe(false)
      const ends = await Promise.all(Array.from({ length: 5 }, () => jobs.finish(job.id, runner, DONE, false)))
      expect(ends.filter(Boolean)).toHaveLength(1)
    })

    it('is nobody else’s to begin or to end', async () => {
      const { job } = await begun()
      const other = await runnerOf(jobs)
      expect(await jobs.finish(job.id, other, DONE, false)).toBe(false)
      await jobs.release(job.id, other)
      expect((await jobs.find(job.id, null))?.row.status).toBe('running')
    })

    it('does not exist for another tenant', async () => {
      const { job } = await begun()
      expect(await jobs.find(job.id, 'globex')).toBeNull()
      expect(await jobs.cancel(job.id, 'globex', false)).toBeNull()
      expect((await jobs.find(job.id, 'acme'))?.row.status).toBe('running')
    })

    it('keeps a text as long and as strange as an answer may be', async () => {
      const { job, runner } = await begun()
      const content = JSON.stringify({ text: `${'ä\u0000"\\'.repeat(100_000)}`, big: 12345678901234567890n.toString() })
      await jobs.finish(job.id, runner, { ...DONE, content }, false)
      expect((await jobs.find(job.id, 'acme'))?.content).toBe(content)
    })
  })

  describe('cancelling', () => {
    it('ends a job that waits and one that runs, and leaves one that has ended', async () => {
      const runner = await runnerOf(jobs)
      const waiting = jobOf()
      await jobs.add(waiting, runner)
      expect(await jobs.cancel(waiting.id, 'acme', false)).toMatchObject({ status: 'cancelled' })
      expect(await jobs.begin(waiting.id, runner)).toBe(false)
      const running = await begun()
      expect(await jobs.cancel(running.job.id, 'acme', false)).toMatchObject({ status: 'cancelled' })
      expect(await jobs.finish(running.job.id, running.runner, DONE, false)).toBe(false)
      expect(await jobs.find(running.job.id, 'acme')).toMatchObject({ row: { status: 'cancelled' }, content: null })
      const ended = await begun()
      await jobs.finish(ended.job.id, ended.runner, DONE, false)
      expect(await jobs.cancel(ended.job.id, 'acme', false)).toMatchObject({ status: 'completed' })
    })

    it('is told to the owner with its beat, until it has taken note', async () => {
      const { job, runner } = await begun()
      expect(await jobs.beat(runner)).toEqual({ alive: true, cancelled: [] })
      await jobs.cancel(job.id, 'acme', false)
      expect(await jobs.beat(runner)).toEqual({ alive: true, cancelled: [job.id] })
      await jobs.finish(job.id, runner, { ...DONE, cost: 9n }, false)
      expect(await jobs.beat(runner)).toEqual({ alive: true, cancelled: [] })
      expect((await jobs.find(job.id, 'acme'))?.row).toMatchObject({ status: 'cancelled', cost: 9n })
    })
  })

  describe('taking over', () => {
    it('leaves jobs of a runner that is heard of alone, and takes those of a silent one, once', async () => {
      const other = await open()
      const { jobs: own } = other.storage
      const first = await runnerOf(own)
      const job = jobOf({ repeatable: false })
      await own.add(job, first)
      const second = await runnerOf(own)
      expect(await own.takeOver(second, LEASE_MS, 10)).toEqual([])
      await own.begin(job.id, first)
      await other.letTimePass(LEASE_MS + 1_000)
      await own.beat(second)
      const third = await runnerOf(own)
      const [one = [], two = []] = await Promise.all(
        [second, third].map((runner) => own.takeOver(runner, LEASE_MS, 10)),
      )
      expect([...one, ...two]).toHaveLength(1)
      expect([...one, ...two][0]).toMatchObject({
        row: { id: job.id, status: 'queued', runs: 1 },
        call: job.call,
        body: job.body,
        repeatable: false,
        counted: true,
        wasRunning: true,
        isLate: false,
      })
      expect(await own.finish(job.id, first, DONE, false)).toBe(false)
      expect((await own.beat(first)).alive).toBe(false)
      await other.close()
    })

    it('gives what was released at once, as not counted', async () => {
      const other = await open()
      const { jobs: own } = other.storage
      const runner = await runnerOf(own)
      const job = jobOf()
      await own.add(job, runner)
      await own.release(job.id, runner)
      const [taken] = await own.takeOver(runner, LEASE_MS, 10)
      expect(taken).toMatchObject({ row: { id: job.id }, counted: false, wasRunning: false })
      expect(await own.begin(job.id, runner)).toBe(true)
      await other.close()
    })

    it('lets tenants take turns, and says what is late', async () => {
      const other = await open()
      const { jobs: own } = other.storage
      const runner = await runnerOf(own)
      const loud = [jobOf(), jobOf(), jobOf()]
      const quiet = jobOf({ tenantId: 'quiet' })
      for (const job of [...loud, quiet]) await own.add(job, runner)
      for (const job of [...loud, quiet]) await own.release(job.id, runner)
      const taken = await own.takeOver(runner, LEASE_MS, 2)
      expect(taken.map(({ row }) => row.id)).toEqual([loud[0]?.id, quiet.id])
      await other.letTimePass(HOUR_MS + 1)
      await own.beat(runner)
      const rest = await own.takeOver(runner, LEASE_MS, 9)
      expect(rest.map(({ isLate, leftMs }) => ({ isLate, leftMs }))).toContainEqual({ isLate: true, leftMs: 0 })
      await other.close()
    })
  })

  it('lists newest first, in pages, by tenant and status', async () => {
    const other = await open()
    const { jobs: own } = other.storage
    const runner = await runnerOf(own)
    const made = [jobOf(), jobOf({ tenantId: 'globex' }), jobOf()]
    for (const job of made) await own.add(job, runner)
    const ids = made.map(({ id }) => id)
    const page = await own.list({ limit: 2 })
    expect(page.rows.map(({ id }) => id)).toEqual([ids[2], ids[1]])
    const rest = await own.list({ limit: 2, cursor: page.nextCursor ?? '' })
    expect(rest).toMatchObject({ rows: [{ id: ids[0] }], nextCursor: null })
    await own.cancel(ids[0] ?? '', null, false)
    expect((await own.list({ limit: 9, tenantId: 'acme', status: 'queued' })).rows.map(({ id }) => id)).toEqual([
      ids[2],
    ])
    await other.close()
  })

  it('gives the news of an end to one, again when it was not told, and not after it was', async () => {
    const other = await open()
    const { jobs: own } = other.storage
    const runner = await runnerOf(own)
    const [told, silent] = [jobOf(), jobOf()]
    for (const job of [told, silent]) await own.add(job, runner)
    await own.finish(told.id, runner, DONE, true)
    await own.finish(silent.id, runner, DONE, false)
    const tries = await Promise.all([own.news(10, 60_000), own.news(10, 60_000)])
    expect(tries.flat()).toMatchObject([{ row: { id: told.id, status: 'completed' }, tries: 1, told: [] }])
    await own.told(told.id, ['https://a.example'], 5_000)
    expect(await own.news(10, 60_000)).toEqual([])
    await other.letTimePass(5_001)
    expect(await own.news(10, 60_000)).toMatchObject([{ tries: 2, told: ['https://a.example'] }])
    await own.told(told.id, ['https://a.example', 'https://b.example'], null)
    await other.letTimePass(120_000)
    expect(await own.news(10, 60_000)).toEqual([])
    await other.close()
  })

  it('forgets jobs that ended long ago, with all that is in them, and no others', async () => {
    const other = await open()
    const { jobs: own } = other.storage
    const runner = await runnerOf(own)
    const [old, young, open_] = [jobOf(), jobOf(), jobOf()]
    for (const job of [old, young, open_]) await own.add(job, runner)
    await own.finish(old.id, runner, DONE, false)
    await other.letTimePass(HOUR_MS)
    await own.finish(young.id, runner, DONE, false)
    expect(await own.forget(HOUR_MS / 2, 10)).toBe(1)
    expect(await own.find(old.id, null)).toBeNull()
    expect((await own.list({ limit: 9 })).rows).toHaveLength(2)
    await other.close()
  })
}
