import { expect, test } from 'vitest'
import { VerdictMemory, verdictKey } from './verdict-memory.ts'

const SIMPLE = { label: 'simple', score: 0.1 } as const

function memoryAt(): { memory: VerdictMemory; pass(ms: number): void } {
  let now = 1_000
  const clock = { now: () => now, monotonic: () => now }
  return {
    memory: new VerdictMemory(clock),
    pass: (ms) => {
      now += ms
    },
  }
}

test('a verdict counts for its time, and for the tenant, the judge and the text that it was for', () => {
  const { memory, pass } = memoryAt()
  const key = verdictKey('acme', 'grader', 'Hi.')
  memory.keep(key, SIMPLE, 500)
  memory.keep(verdictKey('acme', 'grader', 'Never.'), SIMPLE, 0)
  expect(memory.recall(key)).toEqual(SIMPLE)
  const others = [
    verdictKey('globex', 'grader', 'Hi.'),
    verdictKey('acme', 'other', 'Hi.'),
    verdictKey('acme', 'grader', 'Hi'),
    verdictKey('acme', 'grader', 'Never.'),
    verdictKey('acme","grader', '', 'Hi.'),
  ]
  for (const other of others) expect(memory.recall(other)).toBeNull()
  pass(500)
  expect(memory.recall(key)).toBeNull()
})

test('a judge that fails three times one after another is left alone for half a minute, by that tenant', () => {
  const { memory, pass } = memoryAt()
  const fail = () => memory.note('acme', false)
  fail()
  fail()
  memory.note('acme', true)
  fail()
  fail()
  expect(memory.rests('acme')).toBe(false)
  fail()
  expect(memory.rests('acme')).toBe(true)
  expect(memory.rests('globex')).toBe(false)
  pass(30_000)
  expect(memory.rests('acme')).toBe(false)
  fail()
  expect(memory.rests('acme')).toBe(true)
})
