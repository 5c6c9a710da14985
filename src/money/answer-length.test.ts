import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAnswerLengths } from './answer-length.ts'

test('two thirds of the last 32 answers are no longer than what is expected without its margin', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 60 }), { minLength: 1, maxLength: 100 }), (tokens) => {
      const lengths = createAnswerLengths()
      for (const [at, each] of tokens.entries()) {
        lengths.learn('model', null, each)
        const last = tokens.slice(Math.max(0, at - 31), at + 1).sort((one, other) => one - other)
        const usual = last[Math.ceil((last.length * 2) / 3) - 1] ?? 0
        expect(lengths.expected('model', null)).toBe(usual + Math.ceil(usual / 10))
      }
    }),
  )
})

test('lengths are of one task and one model, and of all tasks together where a task is new', () => {
  const lengths = createAnswerLengths()
  lengths.learn('small', 'mail', 10)
  lengths.learn('large', 'mail', 100)
  lengths.learn('small', 'report', 1_000)
  const of = (model: string, task: string | null) => lengths.expected(model, task)
  expect([of('small', 'mail'), of('large', 'mail'), of('small', 'report')]).toEqual([11, 110, 1_100])
  expect([of('large', 'report'), of('small', null), of('small', 'other')]).toEqual([110, 1_100, 1_100])
  expect([of('other', 'mail'), of('other', null)]).toEqual([null, null])
})

test('the task and the model that were not used for longest make room', () => {
  const lengths = createAnswerLengths({ capacity: 2 })
  for (const [task, tokens] of Object.entries({ a: 100, b: 20, c: 20 })) lengths.learn('model', task, tokens)
  for (const tokens of [10, 10, 10]) lengths.learn('model', null, tokens)
  expect([lengths.expected('model', 'c'), lengths.expected('model', 'a')]).toEqual([22, 22])
  for (const model of ['second', 'third']) lengths.learn(model, null, 10)
  expect(lengths.expected('model', null)).toBeNull()
})
