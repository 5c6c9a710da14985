import type { BudgetUnit } from '../canonical/amounts.ts'
import type { BudgetPolicy } from './budget-source.ts'

/** What a budget's key says. */
export interface BudgetKeyParts {
  /** The scope's values: `{ tenant: 'acme' }`; for the total `{ total: true }`. */
  readonly scope: Readonly<Record<string, string | true>>
  /** Values of which calls must have one to count, by field, when the policy has a match. */
  readonly match: Readonly<Record<string, readonly string[]>>
  readonly unit: BudgetUnit
  readonly window: string
}

/**
 * The stable name of a budget and its scope value: `tenant=acme/usd/day`, `tenant=acme,user=u1/usd/day`, `total/usd/month`,
 * `feature=chat[plan=free|pro,region=eu]/tokens/day`. Values are percent-encoded where they would break the form.
 */
export function budgetKey(policy: BudgetPolicy, value: string, tenantId: string | null): string {
  const own = policy.per === 'total' ? 'total' : `${policy.per}=${encode(value)}`
  const scope = tenantId !== null && policy.per !== 'tenant' ? `tenant=${encode(tenantId)},${own}` : own
  const match = policy.match.map(({ field, values }) => `${field}=${values.map(encode).sort().join('|')}`).sort()
  return `${scope}${match.length === 0 ? '' : `[${match.join(',')}]`}/${policy.unit}/${policy.window}`
}

/** Reads a budget's key back; null when it is not one. */
export function readBudgetKey(key: string): BudgetKeyParts | null {
  const form = /^([^/[\]]+)(?:\[([^/[\]]*)\])?\/(usd|tokens|requests)\/(\w+)$/.exec(key)
  if (!form) return null
  const [, scope = '', match = '', unit = 'usd', window = ''] = form
  return {
    scope: scope === 'total' ? { total: true } : readPairs(scope, decodeURIComponent),
    match: readPairs(match, (values) => values.split('|').map(decodeURIComponent)),
    unit: unit as BudgetUnit,
    window,
  }
}

function readPairs<Value>(text: string, read: (value: string) => Value): Record<string, Value> {
  const pairs = text.split(',').filter((pair) => pair !== '')
  return Object.fromEntries(
    pairs.map((pair) => {
      const [field = '', value = ''] = pair.split('=')
      return [field, read(value)]
    }),
  )
}

function encode(value: string): string {
  return value.replace(/[%/=,|[\]]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}
