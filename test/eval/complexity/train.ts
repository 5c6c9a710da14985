/*
 * How the weights of the trained scorer are found: ridge regression of what the strong model gained (1 right where the weak one was wrong, -1 the other way round, else 0) on
 * the features, in closed form. Sets in which the strong model is hardly ever right are left out: there the grader could not read its answers, and to learn that hard
 * questions gain nothing would be to learn a mistake.
 */
import { type ComplexityWeights, FEATURES, featuresOf } from '../../../src/policy/complexity/features.ts'
import { gainOf } from '../../../src/policy/complexity/scorer.ts'
import type { Question } from './questions.ts'

/** How much large weights are held down: as much as so many questions say. */
const RIDGE = 100
const UNREADABLE_BELOW = 0.1
const STEPS = 20

/** Learns from the questions. */
export function train(questions: readonly Question[], version: string): ComplexityWeights {
  const readable = withoutUnreadable(questions)
  const values = readable.map(({ prompt }) => featuresOf(prompt))
  const scaled = FEATURES.map(({ name }, at) => ({ name, ...scaleOf(values.map((row) => row[at] ?? 0)) }))
  const rows = values.map((row) => [1, ...scaled.map(({ mean, deviation }, at) => ((row[at] ?? 0) - mean) / deviation)])
  const [, ...weights] = ridge(
    rows,
    readable.map(({ weakOk, strongOk }) => Number(strongOk) - Number(weakOk)),
  )
  const features = scaled.map((feature, at) => ({ ...feature, weight: weights[at] ?? 0 }))
  const gains = values.map((row) => gainOf(row, { features })).sort((one, other) => one - other)
  const steps = Array.from({ length: STEPS + 1 }, (_, at) => gains[Math.round((at * (gains.length - 1)) / STEPS)] ?? 0)
  return { version, features, steps }
}

function withoutUnreadable(questions: readonly Question[]): Question[] {
  const subjects = Map.groupBy(questions, ({ subject }) => subject)
  const isReadable = (of: readonly Question[]): boolean =>
    of.length < 20 || of.filter(({ strongOk }) => strongOk).length / of.length >= UNREADABLE_BELOW
  return [...subjects.values()].filter(isReadable).flat()
}

function scaleOf(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return { mean, deviation: Math.sqrt(square) || 1 }
}

/** The weights that minimise the squared error; the first column, of ones, is not held down. */
function ridge(rows: readonly (readonly number[])[], targets: readonly number[]): number[] {
  const size = rows[0]?.length ?? 0
  const system = Array.from({ length: size }, (_, at) => {
    const line = new Array<number>(size + 1).fill(0)
    line[at] = at === 0 ? 1e-9 : RIDGE
    return line
  })
  for (const [index, row] of rows.entries()) {
    for (const [at, line] of system.entries()) {
      const value = row[at] ?? 0
      for (let to = 0; to < size; to += 1) line[to] = (line[to] ?? 0) + value * (row[to] ?? 0)
      line[size] = (line[size] ?? 0) + value * (targets[index] ?? 0)
    }
  }
  return solved(system)
}

/** Gauss and Jordan, on the lines of a system with its right side as the last column. */
function solved(system: number[][]): number[] {
  const size = system.length
  for (let at = 0; at < size; at += 1) {
    const pivot = system
      .slice(at)
      .reduce((best, line) => (Math.abs(line[at] ?? 0) > Math.abs(best[at] ?? 0) ? line : best))
    const from = system.indexOf(pivot)
    ;[system[at], system[from]] = [pivot, system[at] ?? pivot]
    for (const line of system) {
      if (line === pivot) continue
      const factor = (line[at] ?? 0) / (pivot[at] ?? 1)
      for (let to = at; to <= size; to += 1) line[to] = (line[to] ?? 0) - factor * (pivot[to] ?? 0)
    }
  }
  return system.map((line, at) => (line[size] ?? 0) / (line[at] ?? 1))
}
