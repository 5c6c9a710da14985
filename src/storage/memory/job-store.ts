import type { Clock } from '../../lib/clock.ts'
import { JOB_COLUMNS } from '../columns/job-columns.ts'
import type { JobEnd, JobRow, JobStatus, JobStore, NewJob, TakenJob } from '../contracts/job-store.ts'
import { memoryPage } from './page.ts'
import { asStored } from './rows.ts'

interface Kept {
  row: JobRow
  /** What was asked; null when it has ended. */
  job: Pick<NewJob, 'repeatable' | 'call' | 'body'> | null
  owner: string | null
  counted: boolean
  content: string | null
  tellAt: number | null
  tries: number
  told: readonly string[]
}

/** Jobs in memory. */
export function createMemoryJobs(clock: Clock): JobStore {
  const jobs = new Map<string, Kept>()
  const runners = new Map<string, number>()
  let newest = 0
  const isOpen = ({ row }: Kept): boolean => row.status === 'queued' || row.status === 'running'
  const change = (kept: Kept, changes: Partial<JobRow>): void => {
    kept.row = asStored(JOB_COLUMNS, { ...kept.row, ...changes })
  }
  const mine = (id: string, runner: string): Kept | null => {
    const kept = jobs.get(id)
    return kept?.owner === runner ? kept : null
  }
  const visible = (id: string, tenantId: string | null): Kept | null => {
    const kept = jobs.get(id)
    return kept && (tenantId === null || kept.row.tenantId === tenantId) ? kept : null
  }
  const end = (kept: Kept, status: JobStatus, changes: Partial<JobEnd>, tell: boolean): void => {
    const { content = null, ...rest } = changes
    kept.content = content
    kept.job = null
    change(kept, { ...rest, status, endedAt: clock.now() })
    kept.tellAt = tell ? clock.now() : null
  }

  return {
    async beat(runner) {
      const alive = runners.has(runner)
      runners.set(runner, clock.now())
      const cancelled = [...jobs.values()].filter(({ owner, row }) => owner === runner && row.status === 'cancelled')
      return { alive, cancelled: alive ? cancelled.map(({ row }) => row.id) : [] }
    },

    async add(job, runner) {
      // A microsecond apart at least, so that jobs of one moment keep their order.
      newest = Math.max(clock.now(), newest + 0.001)
      const { deadlineMs, repeatable, call, body, ...named } = job
      const row = asStored(JOB_COLUMNS, {
        ...named,
        status: 'queued',
        servedModel: null,
        errorCode: null,
        cost: 0n,
        runs: 0,
        createdAt: newest,
        deadlineAt: newest + deadlineMs,
        startedAt: null,
        endedAt: null,
      })
      const asked = { repeatable, call, body }
      jobs.set(row.id, {
        row,
        job: asked,
        owner: runner,
        counted: true,
        content: null,
        tellAt: null,
        tries: 0,
        told: [],
      })
      return row
    },

    async begin(id, runner) {
      const kept = mine(id, runner)
      if (kept?.row.status !== 'queued') return false
      change(kept, { status: 'running', runs: kept.row.runs + 1, startedAt: kept.row.startedAt ?? clock.now() })
      return true
    },

    async finish(id, runner, { status, ...result }, tell) {
      const kept = mine(id, runner)
      if (!kept) return false
      kept.owner = null
      if (!isOpen(kept)) {
        change(kept, { cost: result.cost })
        return false
      }
      end(kept, status, result, tell)
      return true
    },

    async release(id, runner) {
      const kept = mine(id, runner)
      if (!kept || !isOpen(kept)) return
      kept.owner = null
      kept.counted = false
      change(kept, { status: 'queued' })
    },

    async cancel(id, tenantId, tell) {
      const kept = visible(id, tenantId)
      if (kept && isOpen(kept)) end(kept, 'cancelled', {}, tell)
      return kept?.row ?? null
    },

    async find(id, tenantId) {
      const kept = visible(id, tenantId)
      return kept && { row: kept.row, content: kept.content }
    },

    async list(query) {
      const { tenantId, status } = query
      const found = [...jobs.values()]
        .map(({ row }) => row)
        .filter((row) => (tenantId === undefined || row.tenantId === tenantId) && (!status || row.status === status))
      return memoryPage(found, query, ({ createdAt, id }) => ({ at: createdAt, id }))
    },

    async takeOver(runner, leaseMs, most) {
      for (const [id, seenAt] of runners) if (id !== runner && seenAt < clock.now() - leaseMs) runners.delete(id)
      const lost = [...jobs.values()].filter((kept) => isOpen(kept) && (!kept.owner || !runners.has(kept.owner)))
      if (lost.length > 0 && !runners.has(runner)) runners.set(runner, clock.now())
      return inTurn(lost)
        .slice(0, most)
        .flatMap((kept): readonly TakenJob[] => {
          if (!kept.job) return []
          const wasRunning = kept.row.status === 'running'
          kept.owner = runner
          change(kept, { status: 'queued' })
          const leftMs = kept.row.deadlineAt - clock.now()
          const { repeatable, call, body } = kept.job
          const late = { isLate: leftMs <= 0, leftMs: Math.max(0, leftMs) }
          return [{ row: kept.row, call, body, repeatable, counted: kept.counted, wasRunning, ...late }]
        })
        .sort((left, right) => left.row.createdAt - right.row.createdAt)
    },

    async news(most, holdMs) {
      const due = [...jobs.values()].filter(({ tellAt }) => tellAt !== null && tellAt <= clock.now()).slice(0, most)
      return due.map((kept) => {
        kept.tellAt = clock.now() + holdMs
        kept.tries += 1
        return { row: kept.row, tries: kept.tries, told: kept.told }
      })
    },

    async told(id, told, againInMs) {
      const kept = jobs.get(id)
      if (!kept) return
      kept.told = [...told]
      kept.tellAt = againInMs === null ? null : clock.now() + againInMs
    },

    async forget(keepMs, most) {
      const old = [...jobs.values()].filter(
        ({ row: { endedAt } }) => endedAt !== null && endedAt < clock.now() - keepMs,
      )
      for (const { row } of old.slice(0, most)) jobs.delete(row.id)
      return Math.min(old.length, most)
    },
  }
}

/** The first of every tenant, then the second of every tenant. */
function inTurn(jobs: readonly Kept[]): readonly Kept[] {
  const turns = new Map<string, number>()
  return [...jobs]
    .sort((left, right) => left.row.createdAt - right.row.createdAt)
    .map((kept) => {
      const turn = turns.get(kept.row.tenantId) ?? 0
      turns.set(kept.row.tenantId, turn + 1)
      return { kept, turn }
    })
    .sort((left, right) => left.turn - right.turn)
    .map(({ kept }) => kept)
}
