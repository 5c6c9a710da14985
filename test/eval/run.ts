import { parseArgs } from 'node:util'
import { evalComplexity } from './complexity/eval.ts'

const USAGE = `npm run eval -- complexity FILE.jsonl [--train] [--json]

How much of the difference between a strong and a weak model is kept when only the questions that score highest go to the strong one. FILE has lines of JSON with
prompt, task, weak_ok and strong_ok. Printed are the rule of thumb, the trained scorer, both together (what routes go by), the length of the question, and chance.
--train    learns new weights from FILE, tried on subjects that were not learned from, and writes src/policy/complexity/weights.ts
Exit code 2 for wrong use.`

function main(args: readonly string[]): number {
  const options = { train: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } } as const
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
  const [what, file] = positionals
  if (values.help || what !== 'complexity' || file === undefined) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  process.stdout.write(evalComplexity(file, { train: values.train ?? false, json: values.json ?? false }))
  return 0
}

process.exitCode = main(process.argv.slice(2))
