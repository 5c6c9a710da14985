import type { Command } from 'commander'
import type { JsonObject } from '../../lib/json.ts'
import { createAdminClient, rowsOf } from '../admin-client.ts'
import type { Cli } from '../cli.ts'
import { type GatewayFlags, gatewayAddress, withGatewayFlags } from '../gateway-flags.ts'
import { type Moment, momentBefore, parseMoment } from '../moment.ts'
import type { Cell, Output } from '../output.ts'
import { shareBar } from '../share-bar.ts'
import { UserError } from '../user-error.ts'

interface UsageFlags extends GatewayFlags {
  readonly by: string
  readonly since: Moment
  readonly until?: Moment
  readonly tenant?: string
  readonly csv?: boolean
}

/** Counters of a usage row and what they are called in the table. */
const COUNTERS = [
  ['calls', 'calls'],
  ['input_tokens', 'tokens in'],
  ['cached_tokens', 'of it cached'],
  ['output_tokens', 'tokens out'],
] as const

const BAR_WIDTH = 20
const USD_DECIMALS = 6

/** `headgate usage`: what was spent, and by whom. */
export function registerUsage(program: Command, cli: Cli): void {
  withGatewayFlags(
    program
      .command('usage')
      .description('spend, tokens and calls of a running gateway, by tenant and feature or anything else')
      .option(
        '--by <names>',
        'what to sum up by: tenant, user, team, feature, task, route, model, provider, key, prompt_version, status',
        'tenant,feature',
      )
      .option('--since <when>', 'from when on: 30d, 12h or an ISO time', parseMoment, { fromNowMs: 30 * 86_400_000 })
      .option('--until <when>', 'up to when (default: now)', parseMoment)
      .option('--tenant <id>', 'only this tenant')
      .option('--csv', 'print the rows as CSV'),
  ).action((flags: UsageFlags) => cli.run(flags, (output) => usage(cli, output, flags)))
}

async function usage(cli: Cli, output: Output, flags: UsageFlags): Promise<void> {
  if (flags.csv && flags.json) throw new UserError('choose one of --csv and --json', 2)
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const now = Date.now()
  const query = {
    group_by: flags.by.replaceAll(' ', ''),
    from: momentBefore(now, flags.since),
    ...(flags.until === undefined ? {} : { to: momentBefore(now, flags.until) }),
    ...(flags.tenant === undefined ? {} : { tenant_id: flags.tenant }),
  }
  if (flags.csv) return output.raw(await client.getText('/admin/v1/usage', query, 'text/csv'))
  const rows = rowsOf(await client.get('/admin/v1/usage', query))
  const totals = totalsOf(rows)
  output.result({ from: query.from, rows: [...rows], totals }, () => {
    if (rows.length === 0) return [`Nothing was used since ${query.from}. Send some traffic with: headgate demo`]
    return table(output, rows, totals)
  })
}

function table(output: Output, rows: readonly JsonObject[], totals: Totals): readonly string[] {
  const [first = {}] = rows
  const groups = Object.keys(first).slice(0, Object.keys(first).indexOf('calls'))
  const charged = totals.charge_usd !== totals.cost_usd
  const line = (names: readonly string[], row: JsonObject | Totals, share: Cell): readonly Cell[] => [
    ...names,
    ...COUNTERS.map(([counter]) => ({ right: number(row[counter]).toLocaleString('en') })),
    { right: number(row.cost_usd).toFixed(USD_DECIMALS) },
    ...(charged ? [{ right: number(row.charge_usd).toFixed(USD_DECIMALS) }] : []),
    share,
  ]
  const lines = rows.map((row) => {
    const share = totals.cost_usd === 0 ? 0 : number(row.cost_usd) / totals.cost_usd
    const percent = `${(share * 100).toFixed(1)}%`.padStart(6)
    return line(
      groups.map((name) => String(row[name] ?? '–')),
      row,
      `${percent} ${shareBar(share, BAR_WIDTH)}`,
    )
  })
  const sum = line(
    groups.map((_, index) => (index === 0 ? 'total' : '')),
    totals,
    '',
  )
  const head = [
    ...groups.map((name) => name.replace(/_id$/, '')),
    ...COUNTERS.map(([, title]) => title),
    'USD',
    ...(charged ? ['charged USD'] : []),
    'share',
  ]
  return output.table(head, groups.length === 0 ? [sum] : [...lines, sum])
}

type Totals = { [name in (typeof COUNTERS)[number][0] | 'cost_usd' | 'charge_usd']: number }

function totalsOf(rows: readonly JsonObject[]): Totals {
  const total = (name: string) => rows.reduce((sum, row) => sum + number(row[name]), 0)
  return {
    calls: total('calls'),
    input_tokens: total('input_tokens'),
    cached_tokens: total('cached_tokens'),
    output_tokens: total('output_tokens'),
    // Nine places are all there are; what lies beyond is the noise of adding floats.
    cost_usd: Number(total('cost_usd').toFixed(9)),
    charge_usd: Number(total('charge_usd').toFixed(9)),
  }
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
