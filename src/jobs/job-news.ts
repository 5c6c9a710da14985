import type { Clock } from '../lib/clock.ts'
import type { Secret } from '../lib/secret.ts'
import { type Post, postSigned } from '../lib/signed-post.ts'
import type { JobNews, JobStore } from '../storage/contracts/job-store.ts'
import { jobView } from './job-view.ts'

/*
 * Tells webhooks that a job has ended. What is to be told is kept with the job, so it outlives the process, and one instance at a time tries. A webhook may hear of an end
 * twice (when the instance dies between the two), never of two ends. What was asked and answered is not in it: that is fetched with a key.
 */

/** What news are told with. */
export interface NewsOptions {
  readonly store: Pick<JobStore, 'news' | 'told'>
  /** Asked each time: a reload may change them. */
  readonly webhooks: () => readonly { readonly url: string; readonly secret: Secret }[]
  readonly post: Post
  readonly clock: Pick<Clock, 'now'>
  readonly log: { warn(facts: object, message: string): void }
  /** Pauses before further tries, in ms. Default: 1 s, 5 s, 30 s, 2 min, 10 min, 1 h, 6 h. */
  readonly pausesMs?: readonly number[]
}

const PAUSES_MS = [1_000, 5_000, 30_000, 120_000, 600_000, 3_600_000, 21_600_000]
const AT_ONCE = 20
/** Nobody else tries for so long: longer than a try takes. */
const HOLD_MS = 60_000

/** Tells what is due. Gives how long to wait until something is tried again, or null. Rejects with GatewayError `ledger_unavailable`. */
export async function tellNews(options: NewsOptions): Promise<number | null> {
  let againInMs: number | null = null
  for (;;) {
    const due = await options.store.news(AT_ONCE, HOLD_MS)
    const pauses = await Promise.all(due.map((news) => tell(news, options)))
    for (const pause of pauses) if (pause !== null) againInMs = Math.min(pause, againInMs ?? pause)
    if (due.length < AT_ONCE) return againInMs
  }
}

async function tell({ row, tries, told }: JobNews, options: NewsOptions): Promise<number | null> {
  const { store, webhooks, post, clock, log, pausesMs = PAUSES_MS } = options
  const body = Buffer.from(JSON.stringify({ type: `job.${row.status}`, at: new Date(clock.now()), job: jobView(row) }))
  const done = [...told]
  let missed = false
  const deliveries = webhooks().map(async ({ url, secret }) => {
    if (told.includes(url)) return
    const where = { job: row.id, webhook: new URL(url).origin }
    try {
      const answer = await postSigned({ url, secret, body, nowMs: clock.now() }, post)
      if (answer === 'refused') log.warn(where, 'a webhook does not want to hear of a job')
      done.push(url)
    } catch (error) {
      missed = true
      if (tries > pausesMs.length) log.warn({ ...where, err: error }, 'a webhook could not be told of a job')
    }
  })
  await Promise.all(deliveries)
  const pauseMs = missed ? (pausesMs[tries - 1] ?? null) : null
  await store.told(row.id, done, pauseMs)
  return pauseMs
}
