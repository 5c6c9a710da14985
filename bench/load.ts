/*
 * The callers: so many at a time, each of which sends its next call when it has the whole reply of the last one and, where calls are on a clock, it
 * is time for one more. A process of its own, so that its cost is nobody else's.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Pool } from 'undici'
import { answerParent } from './answer-parent.ts'

/** What to send, where, for how long. */
export interface LoadAsk {
  readonly origin: string
  readonly path: string
  readonly key: string
  readonly body: Uint8Array
  /** No call is begun after so many seconds. */
  readonly seconds: number
  readonly concurrency: number
  /** How often a call begins, in calls a second; null: whenever a caller is free. */
  readonly perSecond: number | null
}

/** How it went. */
export interface LoadReport {
  readonly calls: number
  /** Calls that did not end with status 200. */
  readonly failed: number
  /** What the last of them said. */
  readonly failure: string
  readonly seconds: number
  /** Reads of the reply's body: streamed chunks that arrived one by one. */
  readonly reads: number
  /** Time to the first byte of each reply's body, in ms. */
  readonly firstByteMs: readonly number[]
}

const pools = new Map<string, Pool>()

function poolOf(origin: string): Pool {
  let pool = pools.get(origin)
  if (!pool) {
    pool = new Pool(origin, { connections: 1024, headersTimeout: 0, bodyTimeout: 0 })
    pools.set(origin, pool)
  }
  return pool
}

async function load(ask: LoadAsk): Promise<LoadReport> {
  const pool = poolOf(ask.origin)
  const body = Buffer.from(ask.body)
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${ask.key}`, 'user-agent': 'bench' }
  const report = { calls: 0, failed: 0, failure: '', seconds: 0, reads: 0, firstByteMs: [] as number[] }
  const startedAt = performance.now()
  const endsAt = startedAt + ask.seconds * 1_000

  const call = () =>
    new Promise<void>((resolve) => {
      const sentAt = performance.now()
      let reads = 0
      let status = 0
      const done = (failed: boolean) => {
        report.calls += 1
        report.reads += reads
        if (failed) report.failed += 1
        resolve()
      }
      pool.dispatch(
        { path: ask.path, method: 'POST', headers, body },
        {
          onRequestStart() {},
          onResponseStart(_controller, code) {
            status = code
          },
          onResponseData(_controller, chunk) {
            if (status !== 200) report.failure = `${status} ${chunk.toString()}`
            if (reads === 0) report.firstByteMs.push(performance.now() - sentAt)
            reads += 1
          },
          onResponseEnd: () => done(status !== 200),
          onResponseError(_controller, error) {
            report.failure = String(error)
            done(true)
          },
        },
      )
    })
  let begun = 0
  /** Waits until it is time for the next call. Those that are late begin at once, so that there are as many in the end. */
  const turn = async () => {
    if (ask.perSecond === null) return
    const waitMs = startedAt + (begun / ask.perSecond) * 1_000 - performance.now()
    begun += 1
    if (waitMs > 0) await pause(waitMs)
  }
  const caller = async () => {
    for (;;) {
      await turn()
      if (performance.now() >= endsAt) return
      await call()
    }
  }
  await Promise.all(Array.from({ length: ask.concurrency }, caller))
  return { ...report, seconds: (performance.now() - startedAt) / 1000 }
}

answerParent(null, { load: (argument) => load(argument as LoadAsk) })
