import * as z from 'zod'

/** What limits and budgets may have a count for: all calls together, or each value of one attribute. */
export const COUNT_SCOPES = ['total', 'tenant', 'team', 'user', 'feature', 'task', 'model', 'key', 'run'] as const

/** One of `COUNT_SCOPES`. */
export type CountScope = (typeof COUNT_SCOPES)[number]

/** What of a call a limit or a budget may look at. `model` is the logical or the upstream name. */
export type MatchField =
  | 'tenant'
  | 'team'
  | 'user'
  | 'feature'
  | 'task'
  | 'model'
  | 'key'
  | 'plan'
  | 'risk'
  | 'quality'
  | 'priority'
  | 'visibility'
  | 'data_sensitivity'
  | 'region'
  | 'prompt_version'
  | 'run_id'
  | 'permission_scope'

/** The values that a call may have, by field: each field must have one of its values. Empty means every call. */
export type CallMatch = Readonly<Partial<Record<MatchField, readonly string[]>>>

const text = z.string().min(1).max(256)
const values = z
  .union([text, z.array(text).min(1)])
  .transform((written): readonly string[] => (typeof written === 'string' ? [written] : written))
  .optional()

/** `match`: a value, or a list of which one must fit. Tenant, team, user and key go by two names: as a scope and as an attribute of a call. */
export const callMatch = z
  .strictObject({
    tenant: values.describe('The tenant’s id.'),
    tenant_id: values.describe('The same as `tenant`.'),
    team: values.describe('The team’s id.'),
    team_id: values.describe('The same as `team`.'),
    user: values.describe('The user’s id.'),
    user_id: values.describe('The same as `user`.'),
    key: values.describe('The id of the virtual key.'),
    key_id: values.describe('The same as `key`.'),
    feature: values.describe('The feature’s name.'),
    task: values.describe('The task’s name.'),
    model: values.describe('The model: a logical name, the upstream’s name or `provider/model`.'),
    plan: values.describe('The name of the tenant’s plan.'),
    risk: values.describe('The call’s risk.'),
    quality: values.describe('The call’s quality.'),
    priority: values.describe('The call’s priority.'),
    visibility: values.describe('The call’s visibility.'),
    data_sensitivity: values.describe('The sensitivity of the call’s data.'),
    region: values.describe('The call’s region.'),
    prompt_version: values.describe('The version of the call’s prompt.'),
    run_id: values.describe('The agent run that the call is part of.'),
    permission_scope: values.describe('The permission scope of what the call saw.'),
  })
  .transform(({ tenant_id, team_id, user_id, key_id, ...same }): CallMatch => {
    const named = {
      ...same,
      tenant: same.tenant ?? tenant_id,
      team: same.team ?? team_id,
      user: same.user ?? user_id,
      key: same.key ?? key_id,
    }
    return Object.fromEntries(Object.entries(named).filter(([, wanted]) => wanted !== undefined))
  })
