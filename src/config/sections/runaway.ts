import * as z from 'zod'
import type { NanoUsd } from '../../canonical/money.ts'
import { count, duration, usd } from '../values.ts'

/** When calls look like a program that has lost its way, and what is done about it. */
export interface RunawayConfig {
  /** So many identical calls within the window are the most; null is no such limit. */
  readonly identicalCalls: number | null
  readonly windowMs: number
  /** `refuse`: 429. `alert`: the call runs, and is flagged. */
  readonly action: 'refuse' | 'alert'
  /** What one agent run may use; null is no limit. */
  readonly perRun: { readonly calls: number | null; readonly cost: NanoUsd | null }
}

const DAY_MS = 86_400_000
const MOST_IDENTICAL = 1_000

/** `runaway` */
export const runawaySection = z
  .strictObject({
    identical_calls: count()
      .max(MOST_IDENTICAL)
      .optional()
      .describe('Most calls of one user or key with the same model and messages in a window. Refused ones count too.'),
    window: duration({ mostMs: DAY_MS }).prefault('1m').describe('The window of `identical_calls`.'),
    action: z
      .enum(['refuse', 'alert'])
      .prefault('refuse')
      .describe('`refuse`: 429. `alert`: the call runs, flagged as `runaway`, and an alert is raised.'),
    per_run: z
      .strictObject({
        calls: count().optional().describe('Most calls of one run.'),
        usd: usd().optional().describe('Most that one run may spend, in USD.'),
      })
      .optional()
      .describe('What one agent run may use: calls of a tenant with the same `run_id`, within a calendar month.'),
  })
  .transform(
    (section): RunawayConfig => ({
      identicalCalls: section.identical_calls ?? null,
      windowMs: section.window,
      action: section.action,
      perRun: { calls: section.per_run?.calls ?? null, cost: section.per_run?.usd ?? null },
    }),
  )
