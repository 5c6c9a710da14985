import { GatewayError } from '../../errors/gateway-error.ts'
import { USAGE_GROUPS, type UsageGroup, type UsageGroupRow, type UsageQuery } from '../contracts/ledger-reader.ts'

const GROUPS: ReadonlySet<string> = new Set(USAGE_GROUPS)

/** The columns that a usage query groups by, each once; GatewayError `invalid_request` for a name that is none. */
export function groupColumns(query: UsageQuery): readonly (UsageGroup | 'interval')[] {
  const unknown = query.groupBy.find((group) => !GROUPS.has(group))
  if (unknown !== undefined) {
    const known = USAGE_GROUPS.join(', ')
    throw new GatewayError('invalid_request', `Usage cannot be grouped by ${unknown}; it can be by ${known}.`, {
      param: 'group_by',
    })
  }
  const columns: (UsageGroup | 'interval')[] = query.interval === undefined ? [] : ['interval']
  return [...columns, ...new Set(query.groupBy)]
}

/** The order of usage groups: newest interval first, then the dearest, then by the groups' values. */
export function byNewestAndDearest(left: UsageGroupRow, right: UsageGroupRow): number {
  const leftTime = left.group.interval ?? ''
  const rightTime = right.group.interval ?? ''
  if (leftTime !== rightTime) return leftTime < rightTime ? 1 : -1
  if (left.cost !== right.cost) return left.cost < right.cost ? 1 : -1
  const [leftName, rightName] = [JSON.stringify(left.group), JSON.stringify(right.group)]
  if (leftName === rightName) return 0
  return leftName < rightName ? -1 : 1
}
