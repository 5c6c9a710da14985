import { parseArgs } from 'node:util'
import { startProgress } from '../../bench/progress.ts'
import { fuzz } from './fuzz.ts'
import { TARGETS } from './targets.ts'

const USAGE = `npm run fuzz -- [--minutes 5] [--seed TEXT] [--only TARGET]

Breaks good requests, answers, streams and errors of every wire format by chance, and runs them through the decoders and whatever they give through
every encoder. Targets: ${TARGETS.map(({ name }) => name).join(', ')}.
Exit code 1 when anything but a refusal of ours happens, or a try hangs; 2 for wrong use.`

function main(args: readonly string[]): number {
  const options = {
    minutes: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  } as const
  const { values } = parseArgs({ args: [...args], options })
  const minutes = Number(values.minutes ?? 5)
  const targets = TARGETS.filter(({ name }) => values.only === undefined || name === values.only)
  if (values.help || targets.length === 0 || !(minutes > 0)) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  const seed = values.seed ?? String(Math.floor(Math.random() * 1e9))
  const seconds = Math.ceil(minutes * 60)
  const bar = startProgress(seconds)
  const began = performance.now()
  let shown = 0
  const goOn = (tries: number): boolean => {
    if (tries % 100 !== 0) return true
    const passed = (performance.now() - began) / 1000
    for (; shown < Math.min(seconds, Math.floor(passed)); shown += 1) bar.step(`${tries} tries`)
    return passed < minutes * 60
  }
  const { tries, findings, slowest } = fuzz(seed, goOn, targets)
  bar.done()
  process.stdout.write(
    `seed ${seed}: ${tries} tries in ${((performance.now() - began) / 1000).toFixed(0)} s, ${findings.length} findings; the slowest took ${slowest.ms.toFixed(0)} ms (${slowest.target}, seed "${slowest.seed}")\n`,
  )
  for (const finding of findings) process.stdout.write(`\n${finding.target}, seed "${finding.seed}": ${finding.what}\n`)
  return findings.length === 0 ? 0 : 1
}

process.exitCode = main(process.argv.slice(2))
