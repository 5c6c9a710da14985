import { expect, it } from 'vitest'
import { RunningShadows } from './running-shadows.ts'

it('only so many streams are listened to at a time, and a place is given back once', () => {
  const shadows = new RunningShadows()
  const places = Array.from({ length: 64 }, () => shadows.listen())
  expect(places).not.toContain(null)
  expect(shadows.listen()).toBeNull()
  places[0]?.end()
  places[0]?.end()
  expect(shadows.listen()).not.toBeNull()
  expect(shadows.listen()).toBeNull()
})
