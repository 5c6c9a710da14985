import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import { createAdminClient } from '../admin-client.ts'
import type { Cli } from '../cli.ts'
import { type GatewayFlags, gatewayAddress, withGatewayFlags } from '../gateway-flags.ts'
import { type Moment, momentBefore, parseMoment } from '../moment.ts'
import type { Output } from '../output.ts'
import { startProgress } from '../progress.ts'
import { openOffline } from '../simulate/offline.ts'
import { reportLines } from '../simulate/report.ts'
import { UserError } from '../user-error.ts'

interface SimulateFlags extends GatewayFlags {
  readonly policy: string
  readonly since?: Moment
  readonly until?: Moment
  readonly requests?: string
  readonly config?: string
  readonly tenant?: string
  readonly show: number
  readonly maxCostIncrease?: number
  readonly failOn?: readonly FailOn[]
}

const FAIL_ON = ['changes', 'refusals', 'fallbacks'] as const
type FailOn = (typeof FAIL_ON)[number]

const STEPS = 100

/** `headgate simulate`: what a change of policy would have done to the requests of the last days. */
export function registerSimulate(program: Command, cli: Cli): void {
  withGatewayFlags(
    program
      .command('simulate')
      .description('what a change of policy would do to requests that were made: models, cost, refusals, latency')
      .requiredOption('--policy <file>', 'the policy to try: a file with policy sections, or a whole configuration')
      .option('--since <when>', 'requests of the gateway from when on: 7d, 12h or an ISO time', parseMoment)
      .option('--until <when>', 'up to when (default: now)', parseMoment)
      .option('--tenant <id>', 'only requests of this tenant')
      .option('--requests <file>', 'requests of a JSONL file instead; no gateway is asked')
      .option('--config <file>', 'with --requests: the configuration of today (default: as serve)')
      .option('--show <count>', 'how many changed requests to list', parseCount, 20)
      .option('--max-cost-increase <percent>', 'exit 1 when cost grows by more: 10%', parsePercent)
      .option(
        '--fail-on <what>',
        'exit 1 on more refusals, on changes, on more requests without a fallback',
        parseFailOn,
      ),
  ).action((flags: SimulateFlags) => cli.run(flags, (output) => simulate(cli, output, flags)))
}

async function simulate(cli: Cli, output: Output, flags: SimulateFlags): Promise<0 | 1> {
  const { directory } = cli.context
  if ((flags.since === undefined) === (flags.requests === undefined)) {
    throw new UserError('say which requests: --since 7d asks the gateway, --requests FILE.jsonl reads a file', 2)
  }
  const policyText = await textOf(resolve(directory, flags.policy), flags.policy)
  const news =
    flags.requests === undefined
      ? fromGateway(cli, flags, policyText)
      : fromFile(cli, flags, flags.requests, policyText)
  const changed: JsonValue[] = []
  const progress = startProgress(output, STEPS)
  let result: JsonObject | null = null
  try {
    for await (const one of news) {
      if (isObject(one.progress)) {
        progress.at(Math.round(Number(one.progress.share) * STEPS), `${one.progress.requests} requests`)
      } else if (one.changed !== undefined) changed.push(one.changed)
      else if (isObject(one.result)) result = one.result
    }
  } finally {
    progress.end()
  }
  if (!result) throw new UserError('the gateway broke off before it was done; ask it again, or look at its log')
  const whole = { ...result, changed }
  const broken = brokenLimits(whole, flags)
  output.result({ ...whole, failed: [...broken] }, () => reportLines(output, whole, flags.show))
  for (const line of broken) output.remark(`headgate: ${line}`)
  return broken.length > 0 ? 1 : 0
}

async function* fromGateway(cli: Cli, flags: SimulateFlags, policy: string): AsyncGenerator<JsonObject> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const now = Date.now()
  yield* client.postLines('/admin/v1/policy/simulate', {
    policy,
    from: momentBefore(now, flags.since ?? { fromNowMs: 0 }),
    ...(flags.until === undefined ? {} : { to: momentBefore(now, flags.until) }),
    ...(flags.tenant === undefined ? {} : { tenant_id: flags.tenant }),
  })
}

async function* fromFile(
  cli: Cli,
  flags: SimulateFlags,
  requests: string,
  policyText: string,
): AsyncGenerator<JsonObject> {
  const { directory } = cli.context
  const { news, ignored } = await openOffline(
    {
      config: flags.config ?? null,
      policyText,
      policyFile: flags.policy,
      requestsFile: resolve(directory, requests),
    },
    cli.context,
  )
  for await (const one of news) {
    const told = 'result' in one ? { result: { ...one.result, ignored } } : one
    yield JSON.parse(JSON.stringify(told)) as JsonObject
  }
}

/** Which of the flags' limits the change does not keep, in words. */
function brokenLimits(result: JsonObject, { maxCostIncrease, failOn = [] }: SimulateFlags): readonly string[] {
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

function objectIn(value: JsonObject, field: string): JsonObject {
  const found = value[field]
  return isObject(found) ? found : {}
}

async function textOf(path: string, shown: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new UserError(`the policy ${shown} cannot be read (${code})`, 2)
  }
}

function parseCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
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
