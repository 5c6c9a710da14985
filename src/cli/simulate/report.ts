import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { Cell, Output } from '../output.ts'
import { objectIn } from './limits.ts'

const USD_DECIMALS = 6
const SIDES = ['before', 'after'] as const

/** What a simulation found, as lines for people. `shown` is how many changed requests are listed. */
export function reportLines(output: Output, result: JsonObject, shown: number): readonly string[] {
  const requests = number(result.requests)
  if (requests === 0) return ['No request could be decided again.', ...leftOutLines(result)]
  const [before, after] = SIDES.map((side) => objectIn(result, side)) as [JsonObject, JsonObject]
  const changed = Array.isArray(result.changed) ? result.changed.filter(isObject) : []
  return [
    `${count(requests)} requests decided again; ${count(number(result.changed_requests))} change.`,
    ...leftOutLines(result),
    ...assumedLines(result),
    ...driftLines(result),
    ...notReplayedLines(result),
    '',
    ...output.table(['model', 'before', 'share', 'after', 'share'], countRows(before, after, 'models', requests)),
    '',
    ...output.table(['', 'recorded', 'before', 'after', 'change'], figures(result, before, after)),
    ...refusalLines(output, before, after, requests),
    ...(changed.length > 0 ? ['', ...changedLines(output, changed, shown)] : []),
  ]
}

function countRows(
  before: JsonObject,
  after: JsonObject,
  field: string,
  requests: number,
): readonly (readonly Cell[])[] {
  const [was, is] = [objectIn(before, field), objectIn(after, field)]
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  return names.map((name) => [
    name,
    number(was[name]),
    percent(number(was[name]) / requests),
    number(is[name]),
    percent(number(is[name]) / requests),
  ])
}

function figures(result: JsonObject, before: JsonObject, after: JsonObject): readonly (readonly Cell[])[] {
  const recorded = objectIn(result, 'recorded')
  const [was, is] = [number(before.cost_usd), number(after.cost_usd)]
  const latency = (side: JsonObject, name: string): Cell => {
    const ms = objectIn(side, 'latency')[name]
    return typeof ms === 'number' ? { right: `${count(ms)} ms` } : null
  }
  const estimates = number(before.estimated_cost_usd) + number(after.estimated_cost_usd) > 0
  const alone = (side: JsonObject): number => number(objectIn(side, 'fallbacks')['0'])
  return [
    [
      'cost USD',
      usd(number(recorded.cost_usd)),
      usd(was),
      usd(is),
      { right: was === 0 ? '' : signed((is - was) / was) },
    ],
    ...(estimates
      ? [
          [
            'and at most, for requests without usage',
            null,
            usd(number(before.estimated_cost_usd)),
            usd(number(after.estimated_cost_usd)),
          ] as const,
        ]
      : []),
    ['latency p50', null, latency(before, 'p50_ms'), latency(after, 'p50_ms')],
    ['latency p95', null, latency(before, 'p95_ms'), latency(after, 'p95_ms')],
    ['nobody to fall back to', null, alone(before), alone(after)],
    ['answers that would be cut', null, number(before.shorter_answers), number(after.shorter_answers)],
  ]
}

function refusalLines(output: Output, before: JsonObject, after: JsonObject, requests: number): readonly string[] {
  const rows = countRows(before, after, 'refusals', requests)
  return rows.length === 0 ? [] : ['', ...output.table(['refused by', 'before', 'share', 'after', 'share'], rows)]
}

function changedLines(output: Output, changed: readonly JsonObject[], shown: number): readonly string[] {
  const rows = changed.slice(0, shown).map((one): readonly Cell[] => {
    const name = (side: JsonObject): string => String(side.model ?? side.refusal ?? '')
    return [
      String(one.trace_id),
      String(one.tenant_id),
      String(one.requested_model),
      name(objectIn(one, 'before')),
      name(objectIn(one, 'after')),
      String(one.reason),
    ]
  })
  const more = changed.length > shown ? [`… and ${count(changed.length - shown)} more; --json lists all`] : []
  return [...output.table(['changed', 'tenant', 'asked for', 'before', 'after', 'why'], rows), ...more]
}

function leftOutLines(result: JsonObject): readonly string[] {
  return Object.entries(objectIn(result, 'left_out')).map(([why, many]) => `Left out: ${count(number(many))}, ${why}.`)
}

/** Requests of which something is not known: how they count, and what else they could cost. */
function assumedLines(result: JsonObject): readonly string[] {
  return Object.entries(objectIn(result, 'assumed')).flatMap(([attribute, assumed]) => {
    if (!isObject(assumed)) return []
    const { requests, counted_as: as, before_cost_usd: was } = assumed
    const values = Object.entries(objectIn(assumed, 'after_cost_usd'))
    const costs = values.map(([value, cost]) => `${number(cost).toFixed(USD_DECIMALS)} if ${value}`).join(', ')
    const how = as === 'unchanged' ? 'counted as unchanged' : `supposed to be ${as}`
    return [
      `${count(number(requests))} do not say their ${attribute}, which a rule asks: ${how}.`,
      `  They cost ${number(was).toFixed(USD_DECIMALS)} USD before, and after it ${costs}.`,
    ]
  })
}

function driftLines(result: JsonObject): readonly string[] {
  const drift = number(result.drift)
  if (drift === 0) return []
  return [
    `${count(drift)} were decided otherwise when they were made: the policy was another then, or prices and latencies were.`,
  ]
}

function notReplayedLines(result: JsonObject): readonly string[] {
  const sections = Array.isArray(result.not_replayed) ? result.not_replayed.map(String) : []
  return sections.length === 0 ? [] : [`Changed and not in these figures: ${sections.join(', ')}.`]
}

function number(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0
}

function count(value: number): string {
  return value.toLocaleString('en')
}

function usd(value: number): Cell {
  return { right: value.toFixed(USD_DECIMALS) }
}

function percent(share: number): Cell {
  return { right: `${(share * 100).toFixed(1)}%` }
}

function signed(share: number): string {
  return `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)}%`
}
