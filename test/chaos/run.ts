import { parseArgs } from 'node:util'
import { startProgress } from '../../bench/progress.ts'
import { type ChaosOptions, runChaos } from './chaos.ts'
import { problemLines, tableLines } from './report.ts'
import { runStreamsCommand } from './streams/run.ts'
import { untilInterrupted } from './until-interrupted.ts'

const USAGE = `npm run chaos -- [--cycles 200] [--seed N] [--minutes 20] [--gateways 3]
npm run chaos -- streams …   faulted streams; --help says more

Kills, hangs and starves gateways and their database under load, and holds their books against what the providers saw (docs/architecture/chaos.md).
Exit code 1 when anything is wrong; the seed and the cycle are printed. 2 for wrong use.`

function wantedFrom(args: readonly string[]): (ChaosOptions & { readonly cycles: number }) | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        cycles: { type: 'string', default: '200' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
        minutes: { type: 'string', default: '20' },
        gateways: { type: 'string', default: '3' },
      },
    })
    const [cycles, seed, minutes, gateways] = [values.cycles, values.seed, values.minutes, values.gateways].map(Number)
    if (![cycles, seed, minutes, gateways].every((number) => Number.isSafeInteger(number))) return null
    if (!cycles || !minutes || !gateways || seed === undefined || Math.min(cycles, minutes, gateways) < 1) return null
    return { cycles, seed, gateways, mostMs: minutes * 60_000 }
  } catch {
    return null
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === 'streams') return runStreamsCommand(args.slice(1))
  const wanted = wantedFrom(args)
  if (!wanted) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  process.stdout.write(`seed ${wanted.seed}\n`)
  const bar = startProgress(wanted.cycles)
  const started = performance.now()
  const report = await untilInterrupted((onClose) =>
    runChaos({ ...wanted, onClose, onCycle: (number, harm) => bar.step(`${number}/${wanted.cycles} ${harm}`) }),
  )
  bar.done()
  const problems = problemLines(report)
  const seconds = Math.round((performance.now() - started) / 1000)
  const lines = [
    ...tableLines(report),
    '',
    `${report.cycles.length} of ${wanted.cycles} cycles in ${seconds} s, seed ${wanted.seed}; money of quiet calls was lent for ${(report.longestLentMs / 1000).toFixed(1)} s at most`,
    ...(report.restarts > 0 ? [`${report.restarts} starts of gateways had to be repeated`] : []),
    ...report.leftOut.map((left) => `left out: ${left}`),
    ...(problems.length === 0 ? ['nothing is wrong'] : ['', ...problems]),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return problems.length === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
