import { usdNumber } from '../canonical/money.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import {
  USAGE_GROUPS,
  type UsageGroup,
  type UsageGroupRow,
  type UsageQuery,
} from '../storage/contracts/ledger-reader.ts'

const DAY_MS = 86_400_000
const DEFAULT_DAYS = 30
/** The end of the year 9999: what is later is a slip of the hand, and more than a database can hold. */
const LATEST_MS = 253_402_300_799_999

/**
 * `?group_by=tenant,feature&from=&to=&interval=hour|day` as a query. `tenant`, `user`, `team` and `key` stand for their ids.
 * Times are ISO or epoch milliseconds; the default is the last 30 days. Throws GatewayError `invalid_request` with the parameter.
 */
export function usageQuery(parameters: URLSearchParams, nowMs: number): UsageQuery {
  const groupBy = (parameters.get('group_by') ?? '').split(',').filter(Boolean).map(groupOf)
  const interval = parameters.get('interval')
  if (interval !== null && interval !== 'hour' && interval !== 'day') {
    throw invalid('interval', 'interval must be hour or day.')
  }
  const to = timeOf(parameters, 'to')
  return {
    groupBy,
    from: timeOf(parameters, 'from') ?? nowMs - DEFAULT_DAYS * DAY_MS,
    ...(to === undefined ? {} : { to }),
    ...(interval === null ? {} : { interval }),
  }
}

/** One group as JSON: the dimensions, the counters and the cost in USD. */
export function usageRowJson(row: UsageGroupRow): Record<string, string | number | null> {
  return {
    ...row.group,
    calls: row.calls,
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    cached_tokens: row.cachedTokens,
    cache_write_tokens: row.cacheWriteTokens,
    reasoning_tokens: row.reasoningTokens,
    cost_usd: usdNumber(row.cost),
    charge_usd: usdNumber(row.charge),
  }
}

const SHORT: Readonly<Record<string, UsageGroup>> = {
  tenant: 'tenant_id',
  team: 'team_id',
  user: 'user_id',
  key: 'key_id',
}

function groupOf(name: string): UsageGroup {
  const full = Object.hasOwn(SHORT, name) ? SHORT[name] : name
  const known = USAGE_GROUPS.find((group) => group === full)
  if (known) return known
  const names = [...Object.keys(SHORT), ...USAGE_GROUPS].join(', ')
  throw invalid('group_by', `group_by cannot hold ${name}; it takes ${names}.`)
}

function timeOf(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name)
  if (!text) return undefined
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (!(time <= LATEST_MS)) throw invalid(name, `${name} must be an ISO time or milliseconds since 1970.`)
  return time
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param })
}
