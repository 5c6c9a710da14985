import * as z from 'zod'
import { DEFAULT_TRIGGERS, FALLBACK_TRIGGERS, type FallbackTrigger } from '../../canonical/fallback-trigger.ts'
import { duration, modelName } from '../values.ts'

/** How often a deployment that failed is asked again. */
export interface RetryConfig {
  readonly attempts: number
  readonly backoffMs: number
}

/** When another deployment takes over. */
export interface FallbackPolicyConfig {
  readonly on: ReadonlySet<FallbackTrigger>
  readonly allowDowngrade: boolean
}

/** What is done about an answer that is not what was asked for. */
export interface OnInvalidOutputConfig {
  readonly retries: number
  /** Who is asked then; null for nobody in particular. */
  readonly escalateTo: string | null
}

const MINUTE_MS = 60_000

/** `tasks.*.retry` */
export const retrySection = z
  .strictObject({
    attempts: z.int().min(0).max(5).prefault(1).describe('Retries after the first attempt; 0 is none.'),
    backoff: duration({ mostMs: MINUTE_MS })
      .prefault('200ms')
      .describe(
        'The longest pause before the first retry, of which a part by chance is waited; it doubles with each further one.',
      ),
  })
  .transform((section): RetryConfig => ({ attempts: section.attempts, backoffMs: section.backoff }))

/** `tasks.*.on_invalid_output` */
export const onInvalidOutputSection = z
  .strictObject({
    retries: z.int().min(0).max(5).prefault(1).describe('How often the same deployment is asked again.'),
    // biome-ignore lint/suspicious/noThenProperty: the word of the configuration; only the grammar has it.
    then: modelName
      .optional()
      .describe('The model that is asked then, instead of the fallbacks: a logical one, or `provider/model`.'),
  })
  .transform((section): OnInvalidOutputConfig => ({ retries: section.retries, escalateTo: section.then ?? null }))

/** `tasks.*.fallback_policy` */
export const fallbackPolicySection = z
  .strictObject({
    on: z
      .array(z.enum(FALLBACK_TRIGGERS))
      .prefault([...DEFAULT_TRIGGERS])
      .describe(
        'Failures after which another deployment is asked. `server_error`: errors, dead connections, refused keys, cut answers. `saturated`: no room here. `invalid_output`: a reply that is no answer. `context_length`: only to a larger window, or one that is not known. `[]` is never.',
      ),
    allow_downgrade: z
      .boolean()
      .prefault(true)
      .describe(
        'Whether a deployment of lower `quality` may take over, or a cheaper one where quality is not rated. Calls of risk `write` and `admin` are never downgraded. It holds at limits too: `on_limit: downgrade` then refuses, and `downgrade_at` changes nothing.',
      ),
  })
  .transform((section): FallbackPolicyConfig => ({ on: new Set(section.on), allowDowngrade: section.allow_downgrade }))
