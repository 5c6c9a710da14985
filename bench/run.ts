/*
 * How much the gateway costs, as a ratio to a bare pass-through. See bench/README.md.
 */
import { allocations } from './allocations.ts'
import { openBench } from './bench.ts'
import { functions } from './functions.ts'
import { measure, stepsOf } from './measure.ts'
import { profile } from './profile.ts'
import { startProgress } from './progress.ts'
import { reportOf, textOf } from './report.ts'
import { type Settings, settingsFrom, USAGE } from './settings.ts'

async function benched(settings: Settings): Promise<string> {
  const bench = await openBench()
  try {
    const { profile: timed, functions: run, allocations: counted } = settings
    if (run) return await functions(bench, settings, run)
    if (timed) return await profile(bench, settings, timed.workload, timed.file)
    if (counted) return await allocations(bench, settings, counted.workload, counted.file)
    const progress = startProgress(stepsOf(settings))
    const measures = await measure(bench, settings, progress.step)
    progress.done()
    const report = reportOf(measures, settings, bench)
    return settings.json ? JSON.stringify(report, null, 2) : textOf(report)
  } finally {
    await bench.close()
  }
}

const flags = process.argv.slice(2)
if (flags.includes('--help')) {
  console.log(USAGE)
} else {
  try {
    console.log(await benched(settingsFrom(flags)))
  } catch (error) {
    console.error(error instanceof RangeError ? `${error.message}\n\n${USAGE}` : error)
    process.exitCode = 1
  }
}
