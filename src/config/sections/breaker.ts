import * as z from 'zod'
import { count, duration } from '../values.ts'

/** When a deployment that fails is left alone, and for how long. */
export interface BreakerConfig {
  /** Failures in a row; null: failures never open a breaker. */
  readonly failures: number | null
  /** The 95th percentile of the time to the first content from which it is too slow; null: slowness never opens one. */
  readonly p95Ms: number | null
  readonly openForMs: number
}

/** `breaker` */
export const breakerSection = z
  .strictObject({
    failures: count()
      .max(10_000)
      .nullable()
      .prefault(5)
      .describe(
        'So many failures in a row open the breaker of a deployment, and so does a share of half among many calls. `null`: failures never do.',
      ),
    p95_ms: count()
      .nullable()
      .prefault(null)
      .describe(
        'When the 95th percentile of the time to the first content is above this, it opens too. In milliseconds; `null`: never.',
      ),
    open_for: duration({ leastMs: 100 })
      .prefault('30s')
      .describe(
        'How long it stays open the first time; each time that follows closely is twice as long, up to 10 minutes.',
      ),
  })
  .transform(
    (section): BreakerConfig => ({
      failures: section.failures,
      p95Ms: section.p95_ms,
      openForMs: section.open_for,
    }),
  )
