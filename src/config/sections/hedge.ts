import * as z from 'zod'
import { DURATION_PATTERN, parseDurationMs } from '../../lib/duration.ts'

/** When a second attempt begins beside one that is silent. */
export interface HedgeConfig {
  /** After so much silence; null is the 95th percentile of what the deployment took lately. */
  readonly afterMs: number | null
}

const AFTER_PATTERN = new RegExp(`^p95$|${DURATION_PATTERN.source}`)
const LONGEST_MS = 600_000

/** `tasks.*.hedge` */
export const hedgeSection = z
  .strictObject({
    after: z
      .string()
      .regex(AFTER_PATTERN, { error: 'must be p95, or a duration such as 800ms', abort: true })
      .refine((text) => text === 'p95' || isGood(parseDurationMs(text)), { error: 'must be between 1ms and 10m' })
      .transform((text) => (text === 'p95' ? null : (parseDurationMs(text) ?? null)))
      .describe(
        'How long the first attempt may be silent: a duration, or `p95`, the time within which 19 of 20 answers of that deployment came in the last minutes (nothing is hedged until 20 came).',
      ),
  })
  .transform((section): HedgeConfig => ({ afterMs: section.after }))

function isGood(ms: number | undefined): boolean {
  return ms !== undefined && ms >= 1 && ms <= LONGEST_MS
}
