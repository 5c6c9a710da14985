import * as z from 'zod'
import { Secret } from '../../lib/secret.ts'
import { count, duration } from '../values.ts'

/** Somebody who is told when a job ends. */
export interface JobWebhookConfig {
  readonly url: string
  /** What our requests are signed with. */
  readonly secret: Secret
}

/** How calls are answered that nobody waits for. */
export interface JobsConfig {
  /** How long an ended job, with its answer, is kept. */
  readonly keepMs: number
  /** How many jobs an instance runs at once. */
  readonly concurrency: number
  /** How long after it was accepted a job may take. */
  readonly deadlineMs: number
  readonly webhooks: readonly JobWebhookConfig[]
}

const DAY_MS = 86_400_000
const LONGEST_KEPT_MS = 90 * DAY_MS
const MOST_AT_ONCE = 1_000
/** A key for HMAC-SHA-256 is worth its name from here on. */
const SHORTEST_SECRET = 32

const webhook = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .describe('Where the end of every job is told, as JSON by POST. It may be in your own network.'),
    secret: z
      .string()
      .min(SHORTEST_SECRET, {
        error: `must have at least ${SHORTEST_SECRET} characters; openssl rand -hex 32 makes one`,
      })
      .describe('Signs each request: `x-headgate-signature` is `t=UNIX,v1=HEX`, HEX the HMAC-SHA-256 of `UNIX.body`.'),
  })
  .transform((section): JobWebhookConfig => ({ url: section.url, secret: new Secret(section.secret) }))

/** `jobs` */
export const jobsSection = z
  .strictObject({
    keep: duration({ leastMs: 1_000, mostMs: LONGEST_KEPT_MS })
      .prefault('24h')
      .describe('How long a job that has ended can be asked for. Then it is deleted, with its answer.'),
    concurrency: count()
      .max(MOST_AT_ONCE)
      .prefault(16)
      .describe('How many jobs an instance runs at once. The others wait; tenants take turns.'),
    deadline: duration({ leastMs: 1_000, mostMs: DAY_MS })
      .prefault('1h')
      .describe('How long a job may take from being accepted. Then it is ended as `expired`.'),
    webhooks: z.array(webhook).prefault([]).describe('Who is told when a job ends.'),
  })
  .transform(
    (section): JobsConfig => ({
      keepMs: section.keep,
      concurrency: section.concurrency,
      deadlineMs: section.deadline,
      webhooks: section.webhooks,
    }),
  )
