import { expect, test } from 'vitest'
import { createBooksClock } from './books-clock.ts'
import { handClock } from './money.contract.ts'

const NOON = Date.parse('2026-11-21T12:00:00Z')

test('the time is the database’s, whatever this machine thinks, from half way between question and answer on', () => {
  const clock = handClock(NOON)
  const books = createBooksClock(clock)
  expect(books.now()).toBe(NOON)
  clock.advance(200)
  books.heard(NOON + 90_000, 0, 200)
  expect(books.now()).toBe(NOON + 90_100)
  clock.advance(1_000)
  expect(books.now()).toBe(NOON + 91_100)
})

test('an answer that took long changes nothing that a quicker one has told', () => {
  const clock = handClock(NOON)
  const books = createBooksClock(clock)
  books.heard(NOON + 90_000, 0, 10)
  clock.advance(20_000)
  // The process was stopped right after it had asked.
  books.heard(NOON + 91_000, 1_000, 20_000)
  expect(books.now()).toBe(NOON + 109_995)
})
