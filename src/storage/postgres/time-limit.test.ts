import { setTimeout as after, setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { TimeLimitError, withinTime } from './time-limit.ts'

const never = new Promise<never>(() => {})

it('gives the value or the failure that comes in time', async () => {
  expect(await withinTime(after(1, 'value'), 60_000)).toBe('value')
  await expect(withinTime(Promise.reject(new Error('no')), 60_000)).rejects.toThrow('no')
})

it('gives up on what takes longer', async () => {
  await expect(withinTime(never, 5)).rejects.toBeInstanceOf(TimeLimitError)
})

it('takes an answer that arrived while this process was standing still', async () => {
  // From here, one turn of the event loop looks at timers first and at what arrived after.
  await setImmediate()
  const answer = setImmediate('late, but here')
  const limited = withinTime(answer, 1)
  const until = performance.now() + 20
  while (performance.now() < until);
  expect(await limited).toBe('late, but here')
})
