import { type Command, InvalidArgumentError } from 'commander'
import type { JsonObject } from '../../lib/json.ts'
import { JOB_STATUSES } from '../../storage/contracts/job-store.ts'
import { createAdminClient } from '../admin-client.ts'
import type { Cli } from '../cli.ts'
import { type GatewayFlags, gatewayAddress, withGatewayFlags } from '../gateway-flags.ts'
import type { Cell, Output } from '../output.ts'
import { MOST_ROWS, rowLimit } from '../row-limit.ts'

interface ListFlags extends GatewayFlags {
  readonly tenant?: string
  readonly status?: string
  readonly limit: string
}

const PATH = '/admin/v1/jobs'

/** `headgate jobs list|show|cancel`: calls that are answered later. */
export function registerJobs(program: Command, cli: Cli): void {
  const jobs = program.command('jobs').description('calls of a running gateway that are answered later')
  withGatewayFlags(
    jobs
      .command('list')
      .description('the newest jobs: whose, how they stand, what they cost')
      .option('--tenant <id>', 'only this tenant')
      .option('--status <status>', `only ${JOB_STATUSES.join(', ')}`, status)
      .option('--limit <count>', `how many, at most ${MOST_ROWS}`, rowLimit, '50'),
  ).action((flags: ListFlags) => cli.run(flags, (output) => list(cli, output, flags)))
  withGatewayFlags(
    jobs.command('show').description('one job with all its fields').argument('<id>', 'id from jobs list'),
  ).action((id: string, flags: GatewayFlags) => cli.run(flags, (output) => show(cli, output, id, flags)))
  withGatewayFlags(
    jobs
      .command('cancel')
      .description('end jobs that have not ended; those that run are cut off')
      .argument('<id...>', 'ids from jobs list'),
  ).action((ids: readonly string[], flags: GatewayFlags) => cli.run(flags, (output) => cancel(cli, output, ids, flags)))
}

async function list(cli: Cli, output: Output, flags: ListFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const { data } = await client.get(PATH, {
    limit: flags.limit,
    ...(flags.tenant === undefined ? {} : { tenant_id: flags.tenant }),
    ...(flags.status === undefined ? {} : { status: flags.status }),
  })
  const rows = data as readonly JsonObject[]
  output.result({ data: [...rows] }, () => {
    if (rows.length === 0) return ['No jobs. Calls with the header x-headgate-mode: background become some.']
    return output.table(
      ['id', 'status', 'tenant', 'feature', 'model', 'USD', 'runs', 'accepted', 'ended'],
      rows.map(lineOf),
    )
  })
}

async function show(cli: Cli, output: Output, id: string, flags: GatewayFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const job = await client.get(`${PATH}/${encodeURIComponent(id)}`)
  output.result(job, () =>
    output.table(
      ['field', 'value'],
      Object.entries(job).map(([name, value]) => [name, textOf(value)]),
    ),
  )
}

async function cancel(cli: Cli, output: Output, ids: readonly string[], flags: GatewayFlags): Promise<void> {
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const jobs: JsonObject[] = []
  for (const id of ids) jobs.push(await client.delete(`${PATH}/${encodeURIComponent(id)}`))
  output.result({ jobs }, () => jobs.map((job) => `${textOf(job.id)} is ${textOf(job.status)}.`))
}

function lineOf(row: JsonObject): readonly Cell[] {
  const model = row.served_model ?? row.requested_model
  const cost = { right: Number(row.cost_usd).toFixed(6) }
  const texts = [row.id, row.status, row.tenant_id, row.feature, model].map(textOf)
  return [...texts, cost, Number(row.runs), minuteOf(row.created_at), minuteOf(row.ended_at)]
}

function textOf(value: unknown): string {
  return value === null || value === undefined ? '–' : String(value)
}

function minuteOf(iso: unknown): string {
  return textOf(iso).slice(0, 'YYYY-MM-DDThh:mm'.length).replace('T', ' ')
}

function status(text: string): string {
  if (!JOB_STATUSES.some((known) => known === text)) {
    throw new InvalidArgumentError(`It must be one of ${JOB_STATUSES.join(', ')}.`)
  }
  return text
}
