import * as z from 'zod'
import type { NanoUsd } from '../../canonical/money.ts'
import { usd } from '../values.ts'

/** What a budget counts separately: one sum for all, or one for each value of an attribute. */
export type BudgetScope = 'total' | 'tenant' | 'team' | 'user' | 'feature' | 'task' | 'key'

/** How long a sum runs before it starts again. */
export type BudgetPeriod = 'minute' | 'hour' | 'day' | 'month'

/** What a budget may be restricted by. */
export type BudgetMatchField = Exclude<BudgetScope, 'total' | 'key'> | 'plan' | 'region' | 'priority'

/** A hard limit on money: no call starts that could pass it. */
export interface BudgetConfig {
  readonly per: BudgetScope
  readonly usd: NanoUsd
  readonly window: BudgetPeriod
  /** The budget counts only calls with all of these values; empty means every call. */
  readonly match: Readonly<Partial<Record<BudgetMatchField, string>>>
}

const value = z.string().min(1).max(256).optional()

/** Tenant, team and user go by two names: as a scope (`tenant`) and as an attribute of a call (`tenant_id`). */
const match = z
  .strictObject({
    tenant: value.describe('The tenant’s id.'),
    tenant_id: value.describe('The same as `tenant`.'),
    team: value.describe('The team’s id.'),
    team_id: value.describe('The same as `team`.'),
    user: value.describe('The user’s id.'),
    user_id: value.describe('The same as `user`.'),
    feature: value.describe('The feature’s name.'),
    task: value.describe('The task’s name.'),
    plan: value.describe('The name of the tenant’s plan.'),
    region: value.describe('The call’s region.'),
    priority: value.describe('The call’s priority.'),
  })
  .transform(({ tenant_id, team_id, user_id, ...same }): BudgetConfig['match'] => {
    const named = { ...same, tenant: same.tenant ?? tenant_id, team: same.team ?? team_id, user: same.user ?? user_id }
    return Object.fromEntries(Object.entries(named).filter(([, wanted]) => wanted !== undefined))
  })

/** `budgets` */
export const budgetsSection = z.array(
  z
    .strictObject({
      per: z
        .enum(['total', 'tenant', 'team', 'user', 'feature', 'task', 'key'])
        .describe('What has a sum of its own: `total` is one for everything, `user` one for each user, and so on.'),
      usd: usd().describe('The most that may be spent in one window, in USD.'),
      window: z
        .enum(['minute', 'hour', 'day', 'month'])
        .describe(
          'How long a sum runs. Days and months of a tenant, team or user begin in the tenant’s time zone, others in UTC.',
        ),
      match: match.prefault({}).describe('Counts only calls whose attributes have these values.'),
    })
    .transform(
      (section): BudgetConfig => ({
        per: section.per,
        usd: section.usd,
        window: section.window,
        match: section.match,
      }),
    ),
)
