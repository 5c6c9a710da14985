import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ruleOfThumb } from '../../../src/policy/complexity/heuristic.ts'
import { complexityOf, trainedScore } from '../../../src/policy/complexity/scorer.ts'
import { type JudgeAt, type JudgeScores, judgeScores } from './ask-judge.ts'
import { type Curve, curveOf } from './curve.ts'
import { callOf, type Question, readQuestions } from './questions.ts'
import { train } from './train.ts'

const WEIGHTS_FILE = fileURLToPath(new URL('../../../src/policy/complexity/weights.ts', import.meta.url))
const FOLDS = 8

/** What is to be printed. */
export interface EvalOptions {
  /** Whether new weights are learned, tried on subjects that were not learned from, and written. */
  readonly train: boolean
  readonly json: boolean
  /** A model to be asked too; its curve stands beside the others. */
  readonly judge?: JudgeAt | null
  /** Told how many of all questions the judge was asked. */
  readonly onProgress?: (done: number, of: number) => void
}

/** The report on the questions of a file, as text. */
export async function evalComplexity(file: string, options: EvalOptions): Promise<string> {
  const { train: learns, json, judge = null, onProgress } = options
  const questions = readQuestions(file)
  const scorers = new Map<string, readonly number[]>([
    ['length', questions.map(({ prompt }) => prompt.length)],
    ['rule of thumb', questions.map((question) => ruleOfThumb(callOf(question)).score)],
  ])
  if (learns) {
    const scores = foldedScores(questions)
    scorers.set(
      'trained on others',
      scores.map((each) => each.trained),
    )
    scorers.set(
      'both, so trained',
      scores.map((each) => each.both),
    )
    writeWeights(questions)
  } else {
    scorers.set(
      'trained',
      questions.map(({ prompt }) => trainedScore(prompt)),
    )
    scorers.set(
      'both (routes)',
      questions.map((question) => complexityOf(callOf(question)).score),
    )
  }
  const judged = judge && (await judgeScores(questions, judge, (done) => onProgress?.(done, questions.length)))
  if (judged) scorers.set('judge', judged.scores)
  const curves = new Map([...scorers].map(([name, scores]) => [name, curveOf(questions, scores)]))
  if (json) {
    const unjudged = judged ? { unjudged: judged.unjudged } : {}
    const report = { questions: questions.length, ...unjudged, curves: Object.fromEntries(curves) }
    return `${JSON.stringify(report, null, 2)}\n`
  }
  const parts = [table(curves), plot(curves), labels(questions), timing(questions)]
  return [...parts, ...(judged ? [judgeLine(judged, questions.length)] : []), ''].join('\n')
}

/** Every question scored by weights that were learned without its subject. */
function foldedScores(questions: readonly Question[]): { readonly trained: number; readonly both: number }[] {
  const folds = Array.from({ length: FOLDS }, (_, fold) =>
    train(
      questions.filter((question) => foldOf(question) !== fold),
      'fold',
    ),
  )
  return questions.map((question) => {
    const weights = folds[foldOf(question)]
    return { trained: trainedScore(question.prompt, weights), both: complexityOf(callOf(question), weights).score }
  })
}

/** A set of one subject is cut in pieces, the subjects of the others stay whole. */
function foldOf({ subject, prompt }: Question): number {
  const name = subject.includes('/') ? subject : prompt
  return (createHash('sha256').update(name).digest()[0] ?? 0) % FOLDS
}

function writeWeights(questions: readonly Question[]): void {
  const sets = new Set(questions.map(({ subject }) => subject.split('/')[0]))
  const { version, features, steps } = train(
    questions,
    `1, from ${questions.length} questions (${[...sets].join(', ')})`,
  )
  const lines = features.map(
    ({ name, mean, deviation, weight }) =>
      `    { name: '${name}', mean: ${round(mean)}, deviation: ${round(deviation)}, weight: ${round(weight)} },`,
  )
  const text = `import type { ComplexityWeights } from './features.ts'

/** Written by \`npm run eval -- complexity FILE --train\`. */
export const WEIGHTS: ComplexityWeights = {
  version: '${version}',
  features: [
${lines.join('\n')}
  ],
  // biome-ignore format: one line of numbers
  steps: [${steps.map(round).join(', ')}],
}
`
  writeFileSync(WEIGHTS_FILE, text)
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}

function table(curves: ReadonlyMap<string, Curve>): string {
  const shares =
    curves
      .values()
      .next()
      .value?.points.map(({ strongShare }) => percent(strongShare)) ?? []
  const head = ['recovered at'.padEnd(18), ...shares.map((share) => share.padStart(6)), '  mean', 'separation'].join(
    ' ',
  )
  const rows = [...curves].map(([name, { points, area, separation }]) =>
    [
      name.padEnd(18),
      ...points.map(({ recovered }) => percent(recovered).padStart(6)),
      area.toFixed(3).padStart(6),
      separation.toFixed(3).padStart(10),
    ].join(' '),
  )
  return [
    head,
    ...rows,
    `${'chance'.padEnd(18)} ${shares.map((share) => share.padStart(6)).join(' ')}  0.500      0.500`,
  ].join('\n')
}

/** Quality by the share of strong calls, of the last scorer. */
function plot(curves: ReadonlyMap<string, Curve>): string {
  const [name, curve] = [...curves].at(-1) ?? []
  if (!curve) return ''
  const qualities = curve.points.map(({ quality }) => quality)
  const [low, high] = [Math.min(...qualities), Math.max(...qualities)]
  const rows = curve.points.map(({ strongShare, quality }) => {
    const bar = '█'.repeat(1 + Math.round((39 * (quality - low)) / (high - low || 1)))
    return `${percent(strongShare).padStart(5)} strong ${bar.padEnd(41)} ${(100 * quality).toFixed(1)} % good`
  })
  return [``, `${name}: good answers by the share of strong calls`, ...rows].join('\n')
}

function labels(questions: readonly Question[]): string {
  const counts = Map.groupBy(questions, (question) => complexityOf(callOf(question)).label)
  const rows = (['simple', 'medium', 'complex'] as const).map((label) => {
    const of = counts.get(label) ?? []
    const right = (is: (question: Question) => boolean): string =>
      of.length === 0 ? '–' : percent(of.filter(is).length / of.length)
    return `${label.padEnd(8)} ${percent(of.length / questions.length).padStart(5)} of the questions; weak right ${right(({ weakOk }) => weakOk)}, strong right ${right(({ strongOk }) => strongOk)}`
  })
  return ['', ...rows].join('\n')
}

function timing(questions: readonly Question[]): string {
  const calls = questions.map(callOf)
  const began = performance.now()
  for (const call of calls) complexityOf(call)
  return `\n${((1000 * (performance.now() - began)) / calls.length).toFixed(0)} µs a question`
}

function judgeLine({ unjudged, reasons }: JudgeScores, of: number): string {
  const why = [...reasons].map(([reason, times]) => `${reason} ${times}x`).join(', ')
  return `\njudge: ${of - unjudged} of ${of} questions have its verdict, the others the scorer's${why ? ` (${why})` : ''}`
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
