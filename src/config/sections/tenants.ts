import * as z from 'zod'
import { idKey } from '../values.ts'
import { type PlanConfig, planShape } from './plans.ts'

/** A customer of the product: its plan with its own overrides laid over it. */
export interface TenantConfig extends PlanConfig {
  readonly id: string
  /** The plan's name, or null when it has none. */
  readonly plan: string | null
  /** IANA name of the zone in which its days and months begin. */
  readonly timezone: string
  /** Where its data must stay; absent is anywhere. */
  readonly region?: string
}

const tenant = z.strictObject({
  plan: z.string().optional().describe('Name of its plan.'),
  timezone: z.string().prefault('UTC').describe('IANA time zone in which its days and months begin.'),
  region: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, { error: 'must be the name of a region, such as eu or us-east-1' })
    .optional()
    .describe(
      'Where its data stays: its calls go to deployments of this `region` only, in every fallback too. `eu` and `us` cover the regions of the clouds that lie in them.',
    ),
  ...planShape,
})

/** A tenant as written, before its plan is laid under it. */
export type TenantKeys = z.output<typeof tenant>

/** `tenants` */
export const tenantsSection = z.record(idKey, tenant)
