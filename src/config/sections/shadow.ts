import * as z from 'zod'
import type { NanoUsd } from '../../canonical/money.ts'
import { modelName, usd } from '../values.ts'

/** The name of the checks, where others are models. */
export const VALIDATOR = 'validator'

/** A model that is given copies of a task's calls, and whose answers nobody sees. */
export interface ShadowConfig {
  /** A logical model or `provider/model`. */
  readonly use: string
  /** The part of the calls that it is given, above 0 and up to 1. */
  readonly share: number
  /** A model, logical or `provider/model`, or a task, that is asked to compare the answers; null: checks alone do. */
  readonly judge: string | null
  /** The most that it may cost in a day (UTC), over all instances. */
  readonly dailyLimit: NanoUsd
}

/** `tasks.*.shadow` */
export const shadowSection = z
  .strictObject({
    use: modelName.describe('The model that is given copies of calls: a logical one, or `provider/model`.'),
    share: z.number().gt(0).max(1).describe('The part of the calls that is copied, such as 0.02.'),
    judge: modelName
      .prefault(VALIDATOR)
      .describe(
        'Who compares the two answers. `validator`: the checks that the task has; an answer that is whole and what was asked for is better than one that is not. Or a logical model, `provider/model` or a task: where the checks see no difference, that model is asked which one is better, without being told whose they are.',
      ),
    daily_usd_limit: usd()
      .refine((amount) => amount > 0n, { error: 'must be more than 0' })
      .describe(
        'The most that the copies, and who is asked to compare them, may cost in a day (UTC), over all instances. None is made beyond it.',
      ),
  })
  .transform(
    (section): ShadowConfig => ({
      use: section.use,
      share: section.share,
      judge: section.judge === VALIDATOR ? null : section.judge,
      dailyLimit: section.daily_usd_limit,
    }),
  )
