import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { startProgress } from '../../bench/progress.ts'
import { calm, type Scenario, stormy } from './scenario.ts'
import { simulate } from './simulate.ts'

const USAGE = `npm run simulate -- [--runs 1000000] [--seed N]

Plays random days of two gateways and one ledger on simulated time, disks and networks, and holds the books against what the providers saw
(docs/architecture/proofs.md). Two of three days are stormy: crashes, hangs, lost messages, full disks, clocks that jump. On the others nothing fails, and no call
may be refused that can be paid. Exit code 1 when anything is wrong, with the day made as small as it gets; 2 for wrong use.`

/** Days that are drawn from one seed. */
const CHUNK = 300

const WEATHER: readonly { readonly name: string; readonly days: fc.Arbitrary<Scenario>; readonly fair: boolean }[] = [
  { name: 'stormy', days: stormy, fair: false },
  { name: 'stormy', days: stormy, fair: false },
  { name: 'calm', days: calm, fair: true },
]

async function main(args: readonly string[]): Promise<number> {
  const asked = read(args)
  if (!asked) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const { runs, seed } = asked
  process.stdout.write(`seed ${seed}, commit ${commit()}\n`)
  const chunks = Math.ceil(runs / CHUNK)
  const bar = startProgress(chunks)
  const started = performance.now()
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const weather = WEATHER[chunk % WEATHER.length]
    if (!weather) throw new Error('no weather')
    const numRuns = Math.min(CHUNK, runs - chunk * CHUNK)
    const property = fc.asyncProperty(weather.days, async (day) => {
      const wrong = await simulate(day, { fair: weather.fair })
      if (wrong !== null) throw new Error(wrong)
    })
    const result = await fc.check(property, { numRuns, seed: seed + chunk })
    bar.step(`${((chunk + 1) * CHUNK).toLocaleString('en')} days`)
    if (!result.failed) continue
    bar.done()
    process.stdout.write(
      `a ${weather.name} day of seed ${seed + chunk} went wrong\n${fc.defaultReportMessage(result)}\n`,
    )
    return 1
  }
  bar.done()
  const seconds = (performance.now() - started) / 1000
  process.stdout.write(
    `${runs.toLocaleString('en')} days in ${Math.round(seconds)} s (${Math.round(runs / seconds)} a second), seed ${seed}: nothing went wrong\n`,
  )
  return 0
}

function read(args: readonly string[]): { readonly runs: number; readonly seed: number } | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { runs: { type: 'string', default: '1000000' }, seed: { type: 'string' } },
    })
    const runs = Number(values.runs)
    const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9))
    return Number.isSafeInteger(runs) && Number.isSafeInteger(seed) && runs > 0 ? { runs, seed } : null
  } catch {
    return null
  }
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  } catch {
    return 'unknown'
  }
}

process.exitCode = await main(process.argv.slice(2))
