import * as z from 'zod'
import type { NanoUsd } from '../../canonical/money.ts'
import { modelName, usd } from '../values.ts'

/** A model that is given copies of a task's calls, and whose answers nobody sees. */
export interface ShadowConfig {
  /** A logical model or `provider/model`. */
  readonly use: string
  /** The part of the calls that it is given, above 0 and up to 1. */
  readonly share: number
  readonly judge: 'validator'
  /** The most that it may cost in a day (UTC), over all instances. */
  readonly dailyLimit: NanoUsd
}

/** `tasks.*.shadow` */
export const shadowSection = z
  .strictObject({
    use: modelName.describe('The model that is given copies of calls: a logical one, or `provider/model`.'),
    share: z.number().gt(0).max(1).describe('The part of the calls that is copied, such as 0.02.'),
    judge: z
      .enum(['validator'], { error: 'must be validator; models as judges are not there yet' })
      .prefault('validator')
      .describe(
        'Who compares the two answers. `validator`: the checks that the task has; an answer that is whole and what was asked for is better than one that is not.',
      ),
    daily_usd_limit: usd()
      .refine((amount) => amount > 0n, { error: 'must be more than 0' })
      .describe('The most that the copies may cost in a day (UTC), over all instances. None is made beyond it.'),
  })
  .transform(
    (section): ShadowConfig => ({
      use: section.use,
      share: section.share,
      judge: section.judge,
      dailyLimit: section.daily_usd_limit,
    }),
  )
