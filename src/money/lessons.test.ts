import { describe, expect, it } from 'vitest'
import { createLessons } from './lessons.ts'

describe('the first answers of a model', () => {
  it('wake everybody who waits, one answer after another', async () => {
    const lessons = createLessons()
    const [first, second] = [lessons.next('m'), lessons.next('m')]
    expect(first).toBeInstanceOf(Promise)
    lessons.learned('m')
    await Promise.all([first, second])
    expect(lessons.next('m')).not.toBe(first)
  })

  it('are eight: then the model is known, and nobody waits', () => {
    const lessons = createLessons()
    for (let answer = 0; answer < 7; answer += 1) lessons.learned('m')
    expect(lessons.next('m')).toBeInstanceOf(Promise)
    lessons.learned('m')
    expect(lessons.next('m')).toBeNull()
    expect(lessons.next('other')).toBeInstanceOf(Promise)
  })
})
