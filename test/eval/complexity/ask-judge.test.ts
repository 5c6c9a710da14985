import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Running, startRunning } from '../../../e2e/running-gateway.ts'
import { complexityOf } from '../../../src/policy/complexity/scorer.ts'
import { judgeScores } from './ask-judge.ts'
import { curveOf } from './curve.ts'
import { callOf, type Question } from './questions.ts'

let running: Running

beforeEach(async () => {
  running = await startRunning(() => ({ metadata: { required: [] }, models: { grader: ['an/m'] } }))
})
afterEach(() => running.stop())

const QUESTIONS: readonly Question[] = Array.from({ length: 12 }, (_, at) => ({
  prompt: `Question ${at}${at % 2 === 0 ? ', which only the strong one can answer' : ''}`,
  subject: 'test',
  weakOk: at % 2 === 1,
  strongOk: true,
}))

test('a judge behind a gateway is asked about every question, in order, and its curve is that of an oracle when it is one', async () => {
  running.wall.plan(({ rawBody }) => ({ text: `{"score": ${rawBody.includes('strong one can') ? 0.9 : 0.1}}` }))
  const seen: number[] = []
  for (const url of [running.url, `${running.url}/v1`, `${running.url}/`]) {
    seen.length = 0
    const judged = await judgeScores(QUESTIONS, { url, model: 'grader', key: null }, (done) => seen.push(done))
    expect(judged).toEqual({
      scores: QUESTIONS.map(({ weakOk }) => (weakOk ? 0.1 : 0.9)),
      unjudged: 0,
      reasons: new Map(),
    })
    expect(curveOf(QUESTIONS, judged.scores).separation).toBe(1)
  }
  expect(seen).toEqual(QUESTIONS.map((_, at) => at + 1))
})

test('where it gives no verdict the scorer’s counts, and it is said how often and why', async () => {
  running.wall.plan(({ rawBody }) => {
    if (rawBody.includes('Question 3')) return { text: 'Hard to say.' }
    if (rawBody.includes('Question 4')) return { fault: { kind: 'status', status: 400 } }
    return { text: '{"score": 0.5}' }
  })
  const { scores, unjudged, reasons } = await judgeScores(
    QUESTIONS,
    { url: running.url, model: 'grader', key: null },
    () => undefined,
  )
  const own = (at: number) => complexityOf(callOf(QUESTIONS[at] as Question)).score
  expect([scores[2], scores[3], scores[4]]).toEqual([0.5, own(3), own(4)])
  expect(unjudged).toBe(2)
  expect([...reasons.keys()].sort()).toEqual(['HTTP 400', 'no verdict in the answer'])
})

test('a model that is not there ends it at once, and says so', async () => {
  const judge = { url: running.url, model: 'nobody', key: null }
  await expect(judgeScores(QUESTIONS, judge, () => undefined)).rejects.toThrow('model_not_found')
})
