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
