import { type Command, InvalidArgumentError } from 'commander'
import { isObject, type JsonObject } from '../../lib/json.ts'

const FAIL_ON = ['changes', 'refusals', 'fallbacks'] as const
type FailOn = (typeof FAIL_ON)[number]

/** What a change of policy may do at most. */
export interface LimitFlags {
  readonly maxCostIncrease?: number
  readonly failOn?: readonly FailOn[]
}

/** Adds `--max-cost-increase` and `--fail-on` to a command. */
export function withLimitFlags(command: Command): Command {
  return command
    .option('--max-cost-increase <percent>', 'exit 1 when cost grows by more: 10%', parsePercent)
    .option('--fail-on <what>', 'exit 1 on more refusals, on changes, on more requests without a fallback', parseFailOn)
}

/** Which of the flags' limits the change does not keep, in words. */
export function brokenLimits(result: JsonObject, { maxCostIncrease, failOn = [] }: LimitFlags): readonly string[] {
  const [before, after] = [objectIn(result, 'before'), objectIn(result, 'after')]
  const broken: string[] = []
  const [was, is] = [Number(before.cost_usd), Number(after.cost_usd)]
  if (maxCostIncrease !== undefined && is > was * (1 + maxCostIncrease)) {
    const grown = was === 0 ? `from nothing to ${is} USD` : `by ${(((is - was) / was) * 100).toFixed(1)}%`
    broken.push(`cost grows ${grown}, more than ${maxCostIncrease * 100}%`)
  }
  const more = (what: string, count: (side: JsonObject) => number): void => {
    if (count(after) > count(before)) broken.push(`${what}: ${count(after)}, and ${count(before)} before`)
  }
  if (failOn.includes('changes') && Number(result.changed_requests) > 0) {
    broken.push(`${result.changed_requests} requests change`)
  }
  if (failOn.includes('refusals')) {
    more('refused requests', (side) =>
      Object.values(objectIn(side, 'refusals')).reduce<number>((sum, n) => sum + Number(n), 0),
    )
  }
  if (failOn.includes('fallbacks'))
    more('requests without a fallback', (side) => Number(objectIn(side, 'fallbacks')['0'] ?? 0))
  return broken
}

/** The object in a field; an empty one where there is none. */
export function objectIn(value: JsonObject, field: string): JsonObject {
  const found = value[field]
  return isObject(found) ? found : {}
}

function parsePercent(text: string): number {
  const match = /^(\d{1,6}(?:\.\d+)?)%$/.exec(text)
  if (!match) throw new InvalidArgumentError('It must be a percentage such as 10%.')
  return Number(match[1]) / 100
}

function parseFailOn(text: string): readonly FailOn[] {
  return text.split(',').map((word) => {
    const found = FAIL_ON.find((one) => one === word.trim())
    if (!found) throw new InvalidArgumentError(`It must be one or more of ${FAIL_ON.join(', ')}, with commas between.`)
    return found
  })
}
