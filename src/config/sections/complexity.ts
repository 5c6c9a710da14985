import * as z from 'zod'
import { duration, modelName } from '../values.ts'

/** Who says how hard a call is, where a rule of its task asks. */
export interface ComplexityConfig {
  /** The model that is asked; null: nobody but the scorer in this process. */
  readonly judge: string | null
  /** How long the judge may take. */
  readonly timeoutMs: number
  /** How long its answers are remembered; 0: they are not. */
  readonly cacheMs: number
}

/** `complexity` */
export const complexitySection = z
  .strictObject({
    judge: modelName
      .nullable()
      .prefault(null)
      .describe(
        'A model that is asked how hard a call is: a logical model or `provider/model`, small and without reasoning. Null: the scorer in this process. Asked only where a rule of the task wants to know; each ask is a call of the same tenant, feature `headgate_complexity_judge`.',
      ),
    timeout: duration({ mostMs: 30_000 })
      .prefault('800ms')
      .describe(
        'How long the judge may take, and never more than half of what the task has left of `max_latency_ms`. Then the scorer answers.',
      ),
    cache: duration({ leastMs: 0 })
      .prefault('10m')
      .describe('How long its answers are remembered, for each tenant apart and in this process; `0s` for not at all.'),
  })
  .transform(
    (section): ComplexityConfig => ({
      judge: section.judge,
      timeoutMs: section.timeout,
      cacheMs: section.cache,
    }),
  )
