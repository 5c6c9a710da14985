import { parseArgs } from 'node:util'
import { startProgress } from '../../bench/progress.ts'
import { runRaces } from './races.ts'
import { raceLines, raceProblems } from './races-report.ts'
import { untilInterrupted } from './until-interrupted.ts'

const USAGE = `npm run races -- [--rounds 100] [--seed N]

Sixty-four callers at four gateways on one PostgreSQL, for the money of few calls: every affordable call is served and not one more (docs/architecture/chaos.md).
Exit code 1 when anything is wrong; 2 for wrong use.`

async function main(args: readonly string[]): Promise<number> {
  let rounds: number
  let seed: number
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '100' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
      },
    })
    rounds = Number(values.rounds)
    seed = Number(values.seed)
    if (!Number.isSafeInteger(rounds) || !Number.isSafeInteger(seed) || rounds < 1) throw new RangeError()
  } catch {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  process.stdout.write(`seed ${seed}\n`)
  const bar = startProgress(rounds)
  const started = performance.now()
  const report = await untilInterrupted((onClose) =>
    runRaces({ rounds, seed, onClose, onRound: (round) => bar.step(`race ${round}/${rounds}`) }),
  )
  bar.done()
  const problems = raceProblems(report)
  const seconds = Math.round((performance.now() - started) / 1000)
  const lines = [
    ...raceLines(report),
    '',
    `${report.races.length} of ${rounds} races in ${seconds} s, seed ${seed}; the database saw ${report.changes} changes of budgets`,
    ...(problems.length === 0 ? ['no limit was ever passed, and no affordable call was refused for good'] : problems),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  return problems.length === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
