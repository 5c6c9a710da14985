import * as z from 'zod'
import { Secret } from '../../lib/secret.ts'

/** What instances share beside the ledger. */
export interface CoordinationConfig {
  /** The URL of a Redis or Valkey, secret because it may hold a password; null: each instance counts for itself. */
  readonly redis: Secret | null
}

/** `coordination` */
export const coordinationSection = z
  .strictObject({
    redis: z
      .string()
      .regex(/^rediss?:\/\/.+/, { error: 'must be redis://… or rediss://…', abort: true })
      .transform((url) => new Secret(url))
      .nullable()
      .optional()
      .describe(
        'A Redis or Valkey through which instances share rate limits and breakers: `redis://host:6379/0`, `rediss://…` for TLS. It never holds money. Default: each instance goes by itself.',
      ),
  })
  .transform((section): CoordinationConfig => ({ redis: section.redis ?? null }))
