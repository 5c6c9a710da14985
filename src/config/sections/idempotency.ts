import * as z from 'zod'
import { byteSize, duration } from '../values.ts'

/** How replies under idempotency keys are kept. */
export interface IdempotencyConfig {
  readonly keepMs: number
  readonly maxReplyBytes: number
}

const LONGEST_KEPT_MS = 30 * 86_400_000

/** `idempotency` */
export const idempotencySection = z
  .strictObject({
    keep: duration({ leastMs: 60_000, mostMs: LONGEST_KEPT_MS })
      .prefault('24h')
      .describe('How long a key is kept with its reply, from the end of the call; then both are deleted.'),
    max_reply: byteSize({ least: '1kb', most: '16mb' })
      .prefault('1mb')
      .describe(
        'Larger replies are not kept: their call still runs only once, and the same key then gives 409 `idempotency_conflict`.',
      ),
  })
  .transform((section): IdempotencyConfig => ({ keepMs: section.keep, maxReplyBytes: section.max_reply }))
