import { describe, expect, it } from 'vitest'
import { createLessons } from './lessons.ts'

describe('the first answers of a model', () => {
  it('are counted for each model, until there were eight: then the model is known', () => {
    const lessons = createLessons()
    for (let answer = 0; answer < 7; answer += 1) {
      expect(lessons.taught('m')).toBe(answer)
      lessons.learned('m')
    }
    expect(lessons.taught('m')).toBe(7)
    lessons.learned('m')
    expect(lessons.taught('m')).toBeNull()
    expect(lessons.taught('other')).toBe(0)
  })
})
