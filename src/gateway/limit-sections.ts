import { compileLimits, type LimitRule } from '../admission/limit-rule.ts'
import type { Config } from '../config/schema.ts'
import type { TenantConfig } from '../config/sections/tenants.ts'
import { tenantLimits } from './limit-rules.ts'

/** A limit, and who wrote it: `limits[2]`, `plan startup-tier`, `tenant acme`. */
export interface SourcedLimit {
  readonly rule: LimitRule
  readonly from: string
}

/** What counts the same thing, in the eyes of an operator: a limit on the calls of every tenant, and those of plans beside it. */
export interface LimitSection {
  /** For every value that is not listed; null where only the listed ones have a limit. */
  readonly others: SourcedLimit | null
  /** Limits of the values that the configuration knows: the total and the tenants. */
  readonly listed: ReadonlyMap<string, SourcedLimit>
}

interface OpenSection extends LimitSection {
  readonly listed: Map<string, SourcedLimit>
}

/** All limits of a configuration: those of `limits` in their order, then what only plans and tenants have. The same limits are in force as `limitRulesOf` gives. */
export function limitSections(config: Config): readonly LimitSection[] {
  const sections = new Map<string, OpenSection>()
  for (const rule of compileLimits(config.limits)) {
    const limit = { rule, from: `limits[${config.limits.indexOf(rule.policy)}]` }
    sections.set(rule.id, { others: limit, listed: new Map(listedFor(rule, config).map((value) => [value, limit])) })
  }
  for (const tenant of config.tenants.values()) {
    for (const rule of compileLimits(tenantLimits(tenant))) {
      const section = sections.get(rule.id) ?? { others: null, listed: new Map() }
      sections.set(rule.id, section)
      const known = section.listed.get(tenant.id)
      if (known && known.rule.policy.amount <= rule.policy.amount) continue
      section.listed.set(tenant.id, { rule, from: authorOf(rule, tenant, config) })
    }
  }
  return [...sections.values()]
}

function listedFor({ policy: { per, match } }: LimitRule, { tenants }: Config): readonly string[] {
  if (per === 'total') return ['']
  if (per !== 'tenant') return []
  const may = (wanted: readonly string[] | undefined, has: string | null) =>
    !wanted || (has !== null && wanted.includes(has))
  return [...tenants.values()]
    .filter(({ id, plan }) => may(match.tenant, id) && may(match.plan, plan))
    .map(({ id }) => id)
}

/** A tenant that says the same as its plan is said to have it from the plan. */
function authorOf({ policy: { unit, amount } }: LimitRule, { id, plan: name }: TenantConfig, config: Config): string {
  const plan = name === null ? undefined : config.plans.get(name)
  const planned = unit === 'requests' ? plan?.rpmLimit : plan?.concurrencyLimit
  return planned === amount ? `plan ${name}` : `tenant ${id}`
}
