import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { supposedValues } from '../../gateway/supposed-values.ts'
import type { JsonObject } from '../../lib/json.ts'
import { createAdminClient } from '../admin-client.ts'
import type { Cli } from '../cli.ts'
import { type GatewayFlags, gatewayAddress, withGatewayFlags } from '../gateway-flags.ts'
import { type Moment, parseMoment } from '../moment.ts'
import type { Output } from '../output.ts'
import { readPolicyFile } from '../policy-file.ts'
import { brokenLimits, type LimitFlags, withLimitFlags } from '../simulate/limits.ts'
import { openOffline } from '../simulate/offline.ts'
import { reportLines } from '../simulate/report.ts'
import { parseSuppose, SUPPOSABLE } from '../simulate/suppose.ts'
import { trialOnGateway, trialResult } from '../simulate/trial.ts'
import { UserError } from '../user-error.ts'

interface SimulateFlags extends GatewayFlags, LimitFlags {
  readonly policy: string
  readonly since?: Moment
  readonly until?: Moment
  readonly requests?: string
  readonly config?: string
  readonly tenant?: string
  readonly suppose?: JsonObject
  readonly show: number
}

/** `headgate simulate`: what a change of policy would have done to the requests of the last days. */
export function registerSimulate(program: Command, cli: Cli): void {
  const command = program
    .command('simulate')
    .description('what a change of policy would do to requests that were made: models, cost, refusals, latency')
    .requiredOption('--policy <file>', 'the policy to try: a file with policy sections, or a whole configuration')
    .option('--since <when>', 'requests of the gateway from when on: 7d, 12h or an ISO time', parseMoment)
    .option('--until <when>', 'up to when (default: now)', parseMoment)
    .option('--tenant <id>', 'only requests of this tenant')
    .option('--requests <file>', 'requests of a JSONL file instead; no gateway is asked')
    .option('--config <file>', 'with --requests: the configuration of today (default: as serve)')
    .option('--suppose <attribute=value>', `of requests that do not say it: ${SUPPOSABLE}; repeatable`, parseSuppose)
    .option('--show <count>', 'how many changed requests to list', parseCount, 20)
  withGatewayFlags(withLimitFlags(command)).action((flags: SimulateFlags) =>
    cli.run(flags, (output) => simulate(cli, output, flags)),
  )
}

async function simulate(cli: Cli, output: Output, flags: SimulateFlags): Promise<0 | 1> {
  const { since, requests } = flags
  if ((since === undefined) === (requests === undefined)) {
    throw new UserError('say which requests: --since 7d asks the gateway, --requests FILE.jsonl reads a file', 2)
  }
  const policyText = await readPolicyFile(flags.policy, cli.context)
  const news =
    since === undefined
      ? fromFile(cli, flags, requests ?? '', policyText)
      : trialOnGateway(createAdminClient(await gatewayAddress(flags, cli.context)), policyText, { ...flags, since })
  const whole = await trialResult(output, news)
  const broken = brokenLimits(whole, flags)
  output.result({ ...whole, failed: [...broken] }, () => reportLines(output, whole, flags.show))
  for (const line of broken) output.remark(`headgate: ${line}`)
  return broken.length > 0 ? 1 : 0
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
      supposed: supposedValues.parse(flags.suppose ?? {}),
    },
    cli.context,
  )
  for await (const one of news) {
    const told = 'result' in one ? { result: { ...one.result, ignored } } : one
    yield JSON.parse(JSON.stringify(told)) as JsonObject
  }
}

function parseCount(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
