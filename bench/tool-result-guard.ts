/*
 * How well the built-in scorer tells attacks in tool results from ordinary text.
 *
 *   node bench/tool-result-guard.ts FOLDER [--show KIND-OR-LABEL]
 *
 * FOLDER holds JSON Lines files with `text`, `label` (`injection` or `benign`), `kind` and, for attacks, `attack`. Prints, for each kind, how many
 * texts were withheld (high), how many at least marked as data (medium or high), and the speed. `--show` prints what was got wrong.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLocalScorer } from '../src/guards/tool-result/local-scorer.ts'
import { isObject, parseJson } from '../src/lib/json.ts'

interface Row {
  readonly text: string
  readonly label: string
  readonly kind: string
  readonly attack: string
}

function rowsOf(folder: string): readonly Row[] {
  const rows: Row[] = []
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.jsonl'))) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const row = parseJson(line)
      if (!isObject(row)) continue
      const { text, label, kind, attack } = row
      rows.push({ text: String(text), label: String(label), kind: String(kind), attack: String(attack ?? '') })
    }
  }
  return rows
}

const percent = (part: number, whole: number) => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`

const [folder, ...flags] = process.argv.slice(2)
if (folder === undefined) {
  console.error('usage: node bench/tool-result-guard.ts FOLDER [--show KIND-OR-LABEL] [--by attack]')
  process.exit(2)
}
const show = flags[flags.indexOf('--show') + 1]
const byAttack = flags.includes('attack')
const scorer = createLocalScorer()
const tally = new Map<string, { all: number; marked: number; withheld: number }>()
let characters = 0
const startedAt = performance.now()
for (const { text, label, kind, attack } of rowsOf(folder)) {
  const verdict = scorer.score(text)
  characters += text.length
  const key = byAttack
    ? `${label.padEnd(10)} ${kind.replace(/_(start|middle|end)$/, '')} ${attack}`
    : `${label.padEnd(10)} ${kind}`
  const counts = tally.get(key) ?? { all: 0, marked: 0, withheld: 0 }
  counts.all += 1
  if (verdict.level !== 'low') counts.marked += 1
  if (verdict.level === 'high') counts.withheld += 1
  tally.set(key, counts)
  const wrong = label === 'benign' ? verdict.level !== 'low' : verdict.level === 'low'
  if (flags.includes('--show') && (kind === show || label === show) && wrong) {
    console.log(
      `${verdict.level} ${verdict.score} ${verdict.reason}\n    ${text.slice(0, 1500).replaceAll('\n', '⏎')}\n`,
    )
  }
}
const seconds = (performance.now() - startedAt) / 1000
for (const [key, { all, marked, withheld }] of [...tally].sort()) {
  console.log(
    `${key.padEnd(60)} ${String(all).padStart(5)}  marked ${percent(marked, all).padStart(7)}  withheld ${percent(withheld, all).padStart(7)}`,
  )
}
console.log(
  `${(characters / 1e6).toFixed(1)} million characters, ${(characters / 1e6 / seconds).toFixed(1)} million a second`,
)
