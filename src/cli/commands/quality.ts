import type { Command } from 'commander'
import type { JsonObject } from '../../lib/json.ts'
import { createAdminClient, rowsOf } from '../admin-client.ts'
import type { Cli } from '../cli.ts'
import { type GatewayFlags, gatewayAddress, withGatewayFlags } from '../gateway-flags.ts'
import { type Moment, momentBefore, parseMoment } from '../moment.ts'
import type { Cell, Output } from '../output.ts'
import { UserError } from '../user-error.ts'

interface QualityFlags extends GatewayFlags {
  readonly task?: string
  readonly since: Moment
  readonly until?: Moment
  readonly csv?: boolean
}

/** `headgate quality`: how models do at tasks, and the cheapest that is good enough. */
export function registerQuality(program: Command, cli: Cli): void {
  withGatewayFlags(
    program
      .command('quality')
      .description('how well models do each task, and the cheapest that meets its bar')
      .option('--task <name>', 'only this task')
      .option('--since <when>', 'from when on: 30d, 12h or an ISO time', parseMoment, { fromNowMs: 30 * 86_400_000 })
      .option('--until <when>', 'up to when (default: now)', parseMoment)
      .option('--csv', 'print the rows as CSV'),
  ).action((flags: QualityFlags) => cli.run(flags, (output) => quality(cli, output, flags)))
}

const PATH = '/admin/v1/reports/quality'

async function quality(cli: Cli, output: Output, flags: QualityFlags): Promise<void> {
  if (flags.csv && flags.json) throw new UserError('choose one of --csv and --json', 2)
  const client = createAdminClient(await gatewayAddress(flags, cli.context))
  const now = Date.now()
  const query = {
    from: momentBefore(now, flags.since),
    ...(flags.until === undefined ? {} : { to: momentBefore(now, flags.until) }),
    ...(flags.task === undefined ? {} : { task: flags.task }),
  }
  if (flags.csv) return output.raw(await client.getText(PATH, query, 'text/csv'))
  const rows = rowsOf(await client.get(PATH, query))
  output.result({ data: [...rows] }, () => {
    if (rows.length === 0) return [`No task was served since ${query.from}.`]
    const tasks = [...new Set(rows.map(({ task }) => String(task)))]
    return tasks.flatMap((task, at) => [
      ...(at === 0 ? [] : ['']),
      ...ofTask(
        output,
        task,
        rows.filter((row) => row.task === task),
      ),
    ])
  })
}

function ofTask(output: Output, task: string, rows: readonly JsonObject[]): readonly string[] {
  const isCompared = rows.some(({ compared, judged }) => Number(compared) + Number(judged ?? 0) > 0)
  const copies = isCompared ? ['copies as good'] : []
  const head = [
    'model',
    'answers',
    'valid',
    ...copies,
    'ratings',
    'score',
    'USD an answer',
    'p95 ms',
    'against the bar',
  ]
  const [{ advice, promotion } = { advice: null, promotion: null }] = rows
  const moved = typeof promotion === 'string' ? [`promotion: ${promotion}`] : []
  const without = 'No bar is set for this task: tasks.*.quality_bar in the config.'
  return [
    `${task}: ${advice ?? without}`,
    ...moved,
    ...output.table(
      head,
      rows.map((row) => lineOf(row, isCompared)),
    ),
  ]
}

function lineOf(row: JsonObject, isCompared: boolean): readonly Cell[] {
  return [
    `${row.is_cheapest === true ? '* ' : ''}${row.model}`,
    { right: Number(row.answers).toLocaleString('en') },
    within(row.valid_rate, row.valid_low, row.valid_high),
    ...(isCompared ? [comparedOf(row)] : []),
    { right: Number(row.feedback).toLocaleString('en') },
    within(row.score, row.score_low, row.score_high),
    { right: typeof row.cost_usd_per_answer === 'number' ? row.cost_usd_per_answer.toFixed(6) : '–' },
    { right: String(row.latency_p95_ms ?? '–') },
    verdictOf(row),
  ]
}

/** By a model where one judged, else by checks. */
function comparedOf(row: JsonObject): Cell {
  return Number(row.judged) > 0
    ? within(row.judged_not_worse_rate, row.judged_not_worse_low, row.judged_not_worse_high)
    : within(row.not_worse_rate, row.not_worse_low, row.not_worse_high)
}

/** `0.970 (0.957 to 0.979)`. */
function within(value: unknown, low: unknown, high: unknown): Cell {
  if (typeof value !== 'number') return { right: '–' }
  return { right: `${value.toFixed(3)} (${Number(low).toFixed(3)} to ${Number(high).toFixed(3)})` }
}

function verdictOf({ verdict, more_needed: more }: JsonObject): string {
  if (verdict !== 'undecided') return String(verdict ?? '')
  return typeof more === 'number' ? `about ${more.toLocaleString('en')} more would tell` : 'cannot be told'
}
