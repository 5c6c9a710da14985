import * as z from 'zod'
import { modelName } from '../values.ts'

/** A model that has a share of a task's calls, to see how it does. */
export interface CanaryConfig {
  /** A logical model or `provider/model`. */
  readonly use: string
  /** Its part of the calls, above 0 and up to 1. */
  readonly weight: number
}

/** `tasks.*.canary` */
export const canarySection = z.strictObject({
  use: modelName.describe('The model that is tried: a logical one, or `provider/model`.'),
  weight: z
    .number()
    .gt(0)
    .max(1)
    .describe(
      'Its part of the calls, such as 0.05. The same user always gets the same; without a user, the same agent run.',
    ),
})
