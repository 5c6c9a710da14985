import { parseArgs } from 'node:util'
import { startProgress } from '../../bench/progress.ts'
import { type Column, type ColumnResult, runColumn } from './bench.ts'
import { type BenchFault, FAULTS } from './faults.ts'
import { FAST, FULL } from './profile.ts'
import { reasons, scorecard, shortcomings } from './report.ts'

const USAGE = `npm run failover [-- --fast] [--json] [--caller openai|raw] [--delivery stream|whole] [--fault S15]

Sixteen faults of a provider, and what a caller gets through the gateway (docs/reference/failover.md). Without a choice both clients call, and answers are
handed over both ways; that takes about six minutes, --fast less than one. Exit code 1 below 13 passes, or 16 with whole delivery, and for any fail.`

interface Wanted {
  readonly columns: readonly Column[]
  readonly faults: readonly BenchFault[]
  readonly fast: boolean
  readonly json: boolean
}

function wantedFrom(args: readonly string[]): Wanted | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        fast: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        caller: { type: 'string' },
        delivery: { type: 'string' },
        fault: { type: 'string' },
      },
    })
    const columns = COLUMNS.filter(
      ({ caller, delivery }) => (values.caller ?? caller) === caller && (values.delivery ?? delivery) === delivery,
    )
    const faults = FAULTS.filter(({ id }) => (values.fault ?? id) === id)
    if (columns.length === 0 || faults.length === 0) return null
    return { columns, faults, fast: values.fast, json: values.json }
  } catch {
    return null
  }
}

const COLUMNS: readonly Column[] = [
  { caller: 'openai', delivery: 'stream' },
  { caller: 'raw', delivery: 'stream' },
  { caller: 'openai', delivery: 'whole' },
  { caller: 'raw', delivery: 'whole' },
]

async function main(args: readonly string[]): Promise<number> {
  const wanted = wantedFrom(args)
  if (!wanted) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const profile = wanted.fast ? FAST : FULL
  const bar = startProgress(wanted.columns.length * wanted.faults.length)
  const columns: ColumnResult[] = []
  for (const column of wanted.columns) {
    const step = ({ fault, verdict }: ColumnResult['judged'][number]) =>
      bar.step(`${column.caller} ${column.delivery} ${fault.id} ${verdict}`)
    columns.push(await runColumn(column, profile, step, wanted.faults))
  }
  bar.done()
  const problems = columns.flatMap(shortcomings)
  const lines = [...scorecard(columns), '', ...reasons(columns), '', ...problems]
  const text = wanted.json ? JSON.stringify({ profile: profile.name, columns, problems }, null, 2) : lines.join('\n')
  process.stdout.write(`${text}\n`)
  return problems.length === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
