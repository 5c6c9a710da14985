import { parseArgs } from 'node:util'
import { processContext } from '../../src/cli/context.ts'
import { Output } from '../../src/cli/output.ts'
import { type Progress, startProgress } from '../../src/cli/progress.ts'
import type { JudgeAt } from './complexity/ask-judge.ts'
import { evalComplexity } from './complexity/eval.ts'

const USAGE = `npm run eval -- complexity FILE.jsonl [--train] [--json] [--judge URL --model NAME [--key-env VAR]]

How much of the difference between a strong and a weak model is kept when only the questions that score highest go to the strong one. FILE has lines of JSON with
prompt, task, weak_ok and strong_ok. Printed are the rule of thumb, the trained scorer, both together (what routes go by), the length of the question, and chance.
--train    learns new weights from FILE, tried on subjects that were not learned from, and writes src/policy/complexity/weights.ts
--judge    the address of a running gateway, whose model --model judges every question too; --key-env names the variable with its key. Each question is a paid call.
Exit code 1 when the judge cannot be asked, 2 for wrong use.`

const OPTIONS = {
  train: { type: 'boolean' },
  json: { type: 'boolean' },
  judge: { type: 'string' },
  model: { type: 'string' },
  'key-env': { type: 'string' },
  help: { type: 'boolean' },
} as const

async function main(args: readonly string[]): Promise<number> {
  const context = processContext()
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  const [what, file] = positionals
  const { train = false, json = false } = values
  const misused = (values.judge === undefined) !== (values.model === undefined)
  if (values.help || what !== 'complexity' || file === undefined || misused) {
    context.stderr.write(`${USAGE}\n`)
    return 2
  }
  const variable = values['key-env']
  const key = variable === undefined ? null : (context.env[variable] ?? '')
  if (key === '') {
    context.stderr.write(`${variable} is not set.\n`)
    return 2
  }
  const { judge: url, model } = values
  const judge: JudgeAt | null = url === undefined || model === undefined ? null : { url, model, key }
  const output = new Output(context, json)
  let bar: Progress | null = null
  try {
    const onProgress = (done: number, of: number): void => {
      bar ??= startProgress(output, of)
      bar.at(done, 'questions')
    }
    const report = await evalComplexity(file, { train, json, judge, onProgress })
    ;(bar as Progress | null)?.end()
    context.stdout.write(report)
    return 0
  } catch (error) {
    ;(bar as Progress | null)?.end()
    context.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

process.exitCode = await main(process.argv.slice(2))
