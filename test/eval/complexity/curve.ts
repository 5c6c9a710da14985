import type { Question } from './questions.ts'

/** How well a scorer sends the right questions to the strong model. */
export interface Curve {
  /** The share of good answers when so many of the questions, those with the highest scores, go to the strong model. */
  readonly points: readonly { readonly strongShare: number; readonly quality: number; readonly recovered: number }[]
  /** The mean of what is recovered over all shares: a half for chance, 1 for an oracle that loses nothing. */
  readonly area: number
  /** How probable it is that a question which the weak model got wrong scores higher than one that it got right. */
  readonly separation: number
}

const SHARES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

/** The curve of the scores, one for each question. Equal scores count as ordered by chance. */
export function curveOf(questions: readonly Question[], scores: readonly number[]): Curve {
  const gain = gains(questions, scores)
  const total = questions.length
  const weak = share(questions, ({ weakOk }) => weakOk)
  const strong = share(questions, ({ strongOk }) => strongOk)
  const recovered = gain.map((sum) => sum / total / (strong - weak))
  const points = SHARES.map((strongShare) => {
    const at = Math.round(strongShare * total) - 1
    return { strongShare, quality: weak + (gain[at] ?? 0) / total, recovered: recovered[at] ?? 0 }
  })
  return {
    points,
    area: recovered.reduce((sum, one) => sum + one, 0) / total,
    separation: separation(questions, scores),
  }
}

/** The answers that are won when the first, the first two, ... of the questions with the highest scores go to the strong model. */
function gains(questions: readonly Question[], scores: readonly number[]): number[] {
  const order = questions.map((_, at) => at).sort((one, other) => (scores[other] ?? 0) - (scores[one] ?? 0))
  const won: number[] = []
  let sum = 0
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && scores[order[to] ?? 0] === scores[order[from] ?? 0]) to += 1
    const tied = order.slice(from, to).map((at) => gainOf(questions[at]))
    const mean = tied.reduce((all, one) => all + one, 0) / tied.length
    for (let at = from; at < to; at += 1) {
      sum += mean
      won.push(sum)
    }
    from = to
  }
  return won
}

function gainOf(question: Question | undefined): number {
  return Number(question?.strongOk ?? false) - Number(question?.weakOk ?? false)
}

function separation(questions: readonly Question[], scores: readonly number[]): number {
  const wrong = scores.filter((_, at) => questions[at]?.weakOk === false).sort((one, other) => one - other)
  const right = scores.filter((_, at) => questions[at]?.weakOk === true).sort((one, other) => one - other)
  let pairs = 0
  let [below, same] = [0, 0]
  for (const score of wrong) {
    while (below < right.length && (right[below] ?? 0) < score) below += 1
    same = Math.max(same, below)
    while (same < right.length && (right[same] ?? 0) <= score) same += 1
    pairs += below + (same - below) / 2
  }
  return pairs / (wrong.length * right.length)
}

function share(questions: readonly Question[], is: (question: Question) => boolean): number {
  return questions.filter(is).length / questions.length
}
