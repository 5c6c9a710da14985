import * as z from 'zod'

const REQUIRABLE = [
  'tenant_id',
  'user_id',
  'team_id',
  'feature',
  'task',
  'risk',
  'quality',
  'priority',
  'visibility',
  'data_sensitivity',
  'region',
  'latency_target_ms',
  'max_cost_usd',
  'prompt_version',
  'run_id',
  'retrieved_documents',
  'permission_scope',
] as const

/** An attribute of a call that may be demanded, as callers write it. `plan` is not one: it comes from the tenant. */
export type RequirableField = (typeof REQUIRABLE)[number]

/** What every call must say about itself. */
export interface MetadataConfig {
  /** A call that leaves one out gets 400 `metadata_missing`. */
  readonly required: readonly RequirableField[]
}

/** `metadata` */
export const metadataSection = z
  .strictObject({
    required: z
      .array(z.enum(REQUIRABLE))
      .prefault(['tenant_id', 'feature'])
      .describe(
        'Context attributes that every call must carry, itself or through defaults of its key; otherwise it gets 400 `metadata_missing`.',
      ),
  })
  .transform((section): MetadataConfig => ({ required: [...new Set(section.required)] }))
