import { expect, it } from 'vitest'
import { Lanes } from './lanes.ts'

const turn = () => new Promise(setImmediate)

it('does so many works at a time, in the order in which they came', async () => {
  const lanes = new Lanes(2, 60_000)
  const began: number[] = []
  const ends: (() => void)[] = []
  const works = [0, 1, 2, 3, 4].map((number) =>
    lanes.run(() => {
      began.push(number)
      return new Promise<void>((resolve) => ends.push(resolve))
    }),
  )
  await turn()
  expect(began).toEqual([0, 1])
  for (let number = 0; number < works.length; number += 1) {
    ends[number]?.()
    await turn()
    expect(began).toEqual([0, 1, 2, 3, 4].slice(0, number + 3))
  }
  await Promise.all(works)
})

it('goes on after work that fails, and refuses what waits for too long', async () => {
  const lanes = new Lanes(1, 5)
  await expect(lanes.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  const end = Promise.withResolvers<string>()
  const first = lanes.run(() => end.promise)
  await expect(lanes.run(async () => 'never')).rejects.toMatchObject({ code: 'ledger_unavailable' })
  end.resolve('done')
  expect(await first).toBe('done')
  expect(await lanes.run(async () => 'next')).toBe('next')
})
