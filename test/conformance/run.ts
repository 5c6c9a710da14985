import { parseArgs } from 'node:util'
import { runConformance } from './conformance.ts'
import { ProgressBar } from './progress.ts'
import { NoRecordings, type Recording, readRecordings, unspokenApis } from './recordings.ts'
import type { Outcome } from './replay.ts'
import { failureLines, LEAST, minimalLines, pairLines, passes, rowsOf, tableLines } from './table.ts'

const USAGE = `npm run conformance -- DIR [--provider NAME]… [--only ID]… [--seed TEXT] [--json]

Replays the recorded interactions of DIR, in every format that Headgate speaks, to the clients of every format (see docs/reference/dialects.md).
Exit code 1 when fewer than ${LEAST.same} % mean the same to a client of their own format, or ${LEAST.cross} % to those of the others; 2 for wrong use.`

interface Wanted {
  readonly folder: string
  readonly providers: readonly string[]
  readonly ids: readonly string[]
  readonly seed: string
  readonly json: boolean
}

function wantedFrom(args: readonly string[]): Wanted | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      provider: { type: 'string', multiple: true },
      only: { type: 'string', multiple: true },
      seed: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  })
  const [folder, ...others] = positionals
  if (folder === undefined || others.length > 0 || values.help) return null
  return {
    folder,
    providers: values.provider ?? [],
    ids: values.only ?? [],
    seed: values.seed ?? String(Math.floor(Math.random() * 1e9)),
    json: values.json ?? false,
  }
}

function chosen({ folder, providers, ids }: Wanted): Recording[] {
  const found = readRecordings(folder).filter(
    ({ id, provider }) =>
      (providers.length === 0 || providers.includes(provider)) &&
      (ids.length === 0 || ids.some((prefix) => id.startsWith(prefix))),
  )
  if (found.length === 0) throw new NoRecordings('No recording of a format that Headgate speaks is left to replay.')
  return found
}

function print(outcomes: readonly Outcome[], { seed, folder }: Wanted, seconds: number): void {
  const failures = failureLines(outcomes)
  const minimal = minimalLines(outcomes)
  const unspoken = [...unspokenApis(folder)].map(([api, count]) => `${api} (${count})`)
  const lines = [
    ...tableLines(rowsOf(outcomes)),
    '',
    ...pairLines(outcomes),
    '',
    `seed ${seed}, ${seconds.toFixed(1)} s`,
    ...(minimal.length > 0 ? ['', 'A minimal request stood in for the recorded one:', ...minimal.map(indented)] : []),
    ...(unspoken.length > 0 ? ['', `Not spoken, and not replayed: ${unspoken.join(', ')}.`] : []),
    ...(failures.length > 0 ? ['', 'What means something else to the client:', ...failures.map(indented)] : []),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

const indented = (line: string) => `  ${line}`

async function main(args: readonly string[]): Promise<number> {
  let wanted: Wanted | null
  let recordings: Recording[]
  try {
    wanted = wantedFrom(args)
    if (!wanted) {
      process.stderr.write(`${USAGE}\n`)
      return 2
    }
    recordings = chosen(wanted)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 2
  }
  const { seed, json } = wanted
  const bar = new ProgressBar(process.stderr)
  const started = performance.now()
  const outcomes = await runConformance(recordings, { seed, onProgress: (done, total) => bar.show(done, total) })
  bar.clear()
  const rows = rowsOf(outcomes)
  if (json) process.stdout.write(`${JSON.stringify({ seed, rows, outcomes }, null, 2)}\n`)
  else print(outcomes, wanted, (performance.now() - started) / 1000)
  return passes(rows) ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
