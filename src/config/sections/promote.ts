import * as z from 'zod'
import { RISKS, type Risk } from '../../canonical/call-words.ts'
import { count, duration, modelName } from '../values.ts'

/** When a cheaper model that is good enough becomes the default of a task by itself. */
export interface PromoteConfig {
  /** `propose`: operators are told. `publish`: a version of the policy is published. */
  readonly action: 'propose' | 'publish'
  /** Fewest cases of the bar's metric before anything is done. */
  readonly minCases: number
  /** How long after a change of the task by itself the next promotion may come. */
  readonly coolDownMs: number
  /** Which calls a promoted model may serve first; others keep the model that served before. */
  readonly risk: readonly Risk[]
  /** The model that was the default before, where one was promoted. */
  readonly insteadOf: string | null
}

const LONGEST_COOL_DOWN_MS = 90 * 86_400_000

/** `tasks.*.promote` */
export const promoteSection = z
  .strictObject({
    action: z
      .enum(['propose', 'publish'])
      .prefault('propose')
      .describe(
        '`propose`: an alert says what could be changed. `publish`: it is changed, by a new version of the policy; needs `policy.source: ledger`.',
      ),
    min_cases: count()
      .prefault(200)
      .describe('Fewest answers, ratings or comparisons of a model, as `quality_bar` counts them, before it is moved.'),
    cool_down: duration({ leastMs: 1_000, mostMs: LONGEST_COOL_DOWN_MS })
      .prefault('24h')
      .describe('How long after a change of this task by itself no model is promoted. Going back does not wait.'),
    risk: z
      .array(z.enum(RISKS))
      .min(1)
      .prefault(['read_only'])
      .describe(
        'The risks of calls that a promoted model may serve first. Calls of other risks keep the model before.',
      ),
    instead_of: modelName
      .optional()
      .describe(
        'The `default` before, where the present one was promoted. Written by Headgate, and taken out by whoever makes the promoted model their own choice.',
      ),
  })
  .transform(
    (section): PromoteConfig => ({
      action: section.action,
      minCases: section.min_cases,
      coolDownMs: section.cool_down,
      risk: section.risk,
      insteadOf: section.instead_of ?? null,
    }),
  )
