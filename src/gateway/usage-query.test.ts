import { describe, expect, it } from 'vitest'
import { usageQuery } from './usage-query.ts'

const NOW = Date.UTC(2026, 10, 21)
const read = (query: string) => usageQuery(new URLSearchParams(query), NOW)

describe('a question about usage', () => {
  it('is about the last thirty days, as a whole, unless it says otherwise', () => {
    expect(read('')).toEqual({ groupBy: [], from: NOW - 30 * 86_400_000 })
  })

  it('names groups, times and intervals', () => {
    expect(read('group_by=tenant,feature&from=2026-11-01T00:00:00Z&to=1795000000000&interval=day')).toEqual({
      groupBy: ['tenant_id', 'feature'],
      from: Date.UTC(2026, 10, 1),
      to: 1_795_000_000_000,
      interval: 'day',
    })
  })

  it.each([
    ['group_by=tenant,password', 'group_by'],
    ['group_by=constructor', 'group_by'],
    ['interval=week', 'interval'],
    ['from=yesterday', 'from'],
    [`to=${'9'.repeat(40)}`, 'to'],
    ['from=%2B275760-09-12', 'from'],
  ])('is refused by its parameter: %s', (query, param) => {
    expect(() => read(query)).toThrow(expect.objectContaining({ code: 'invalid_request', param }))
  })
})
