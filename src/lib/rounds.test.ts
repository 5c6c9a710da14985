import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Rounds } from './rounds.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function world(keepsProcess = true) {
  const seen: string[] = []
  const rounds = new Rounds<{ name: string; rollPlace: number }>(1_000, ({ name }) => seen.push(name), keepsProcess)
  const member = (name: string) => ({ name, rollPlace: -1 })
  return { seen, rounds, one: member('one'), two: member('two') }
}

it('looks at everybody who is there, again and again, with one timer', () => {
  const { rounds, seen, one, two } = world()
  rounds.add(one)
  vi.advanceTimersByTime(400)
  rounds.add(two)
  expect(vi.getTimerCount()).toBe(1)
  vi.advanceTimersByTime(600)
  expect(seen).toEqual(['one', 'two'])
  rounds.remove(one)
  vi.advanceTimersByTime(2_000)
  expect(seen).toEqual(['one', 'two', 'two', 'two'])
})

it('has no timer while nobody is there, and begins anew', () => {
  const { rounds, seen, one, two } = world()
  rounds.add(one)
  rounds.remove(one)
  rounds.remove(two)
  expect(vi.getTimerCount()).toBe(0)
  rounds.add(two)
  vi.advanceTimersByTime(1_000)
  expect(seen).toEqual(['two'])
})

it('may look at one who leaves in that moment, and at nobody twice in a round', () => {
  const seen: string[] = []
  const rounds = new Rounds<{ name: string; rollPlace: number }>(
    1_000,
    (member) => {
      seen.push(member.name)
      rounds.remove(member)
    },
    true,
  )
  for (const name of ['one', 'two', 'three']) rounds.add({ name, rollPlace: -1 })
  vi.advanceTimersByTime(5_000)
  expect(seen).toEqual(['one', 'two', 'three'])
  expect(vi.getTimerCount()).toBe(0)
})

it('keeps the process only where it is to', () => {
  vi.useRealTimers()
  const held = vi.spyOn(globalThis, 'setTimeout')
  for (const keepsProcess of [true, false]) {
    const { rounds, one } = world(keepsProcess)
    rounds.add(one)
    expect(held.mock.results.at(-1)?.value.hasRef()).toBe(keepsProcess)
    rounds.remove(one)
  }
  held.mockRestore()
})

it('goes on looking at those who came before a test put its own timers in place', () => {
  const { rounds, seen, one, two } = world()
  rounds.add(one)
  const before = setTimeout
  vi.stubGlobal('setTimeout', (...all: Parameters<typeof setTimeout>) => before(...all))
  rounds.add(two)
  vi.unstubAllGlobals()
  vi.advanceTimersByTime(1_000)
  expect(seen.toSorted()).toEqual(['one', 'two'])
  rounds.remove(one)
  rounds.remove(two)
  expect(vi.getTimerCount()).toBe(0)
})
