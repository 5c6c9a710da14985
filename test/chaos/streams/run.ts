import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { startProgress } from '../../../bench/progress.ts'
import { untilInterrupted } from '../until-interrupted.ts'
import { problemLines, tableLines } from './report.ts'
import { runStreams, type StreamsOptions } from './streams.ts'

const USAGE = `npm run chaos -- streams [--streams 100000] [--seed N] [--only SEED:INDEX] [--in-flight 96] [--minutes 60] [--json]

Faulted streams over all pairs of formats, through a gateway process and through the library, each held against every byte that its providers sent
(docs/architecture/chaos.md). Exit code 1 when anything is wrong, with the stream's seed and index; 2 for wrong use.`

function wantedFrom(args: readonly string[]): (StreamsOptions & { readonly json: boolean }) | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        streams: { type: 'string', default: '100000' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
        only: { type: 'string' },
        minutes: { type: 'string' },
        'in-flight': { type: 'string', default: '96' },
        json: { type: 'boolean', default: false },
      },
    })
    const [seed, only] =
      values.only === undefined ? [Number(values.seed), undefined] : values.only.split(':').map(Number)
    const [streams, inFlight] = [Number(values.streams), Number(values['in-flight'])]
    if (![seed, streams, inFlight, only ?? 0].every((number) => Number.isSafeInteger(number) && Number(number) >= 0))
      return null
    const minutes = values.minutes === undefined ? undefined : Number(values.minutes)
    if (minutes !== undefined && !(minutes > 0)) return null
    if (streams < 1 || inFlight < 1) return null
    return {
      seed: seed ?? 0,
      streams,
      inFlight,
      json: values.json,
      ...(minutes === undefined ? {} : { mostMs: minutes * 60_000 }),
      ...(only === undefined ? {} : { only: [only] }),
    }
  } catch {
    return null
  }
}

/** The commit that is tried; empty where this is no clone. */
function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}

/** Runs the command, and gives its exit code. */
export async function runStreamsCommand(args: readonly string[]): Promise<number> {
  const wanted = wantedFrom(args)
  if (!wanted) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const { seed, streams, only } = wanted
  const count = only === undefined ? streams : 1
  const began = `seed ${seed}, commit ${commit()}`
  if (!wanted.json) process.stdout.write(`${began}\n`)
  const steps = Math.min(count, 200)
  const bar = startProgress(steps)
  const started = performance.now()
  const report = await untilInterrupted((onClose) =>
    runStreams({
      ...wanted,
      onClose,
      onStream: (judged) => {
        if (judged % Math.max(1, Math.floor(count / steps)) === 0)
          bar.step(
            `${judged}/${count} streams, ${Math.round((judged * 1000) / (performance.now() - started))} a second`,
          )
      },
    }),
  )
  bar.done()
  const problems = problemLines(report, seed)
  const { judged, seconds } = report
  const rate = Math.round(judged.length / seconds)
  if (wanted.json) {
    const told = judged.map(({ testimony: _, ...one }) => one).filter((one) => one.problems.length > 0)
    process.stdout.write(
      `${JSON.stringify({ seed, commit: commit(), streams: judged.length, seconds, wrong: told, problems: report.problems, table: tableLines(report) }, null, 2)}\n`,
    )
  } else {
    const end = `${judged.length} of ${count} streams in ${Math.round(seconds)} s, ${rate} a second, ${began}`
    process.stdout.write(
      `${[...tableLines(report), '', end, ...(problems.length === 0 ? ['nothing is wrong'] : problems)].join('\n')}\n`,
    )
  }
  return problems.length === 0 ? 0 : 1
}
