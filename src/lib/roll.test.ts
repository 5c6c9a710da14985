import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type OnRoll, Roll } from './roll.ts'

const member = (): OnRoll => ({ rollPlace: -1 })

test('it holds who came and did not go, whoever goes first', () => {
  const step = fc.record({ comes: fc.boolean(), who: fc.nat({ max: 9 }) })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const everybody = Array.from({ length: 10 }, member)
      const roll = new Roll<OnRoll>()
      const here = new Set<OnRoll>()
      for (const { comes, who } of steps) {
        const one = everybody[who] ?? member()
        if (comes === here.has(one)) continue
        if (comes) roll.add(one)
        else roll.remove(one)
        if (comes) here.add(one)
        else here.delete(one)
        expect(new Set(roll.members())).toEqual(here)
        expect(roll.size).toBe(here.size)
      }
    }),
  )
})

test('who is not on it takes nobody off', () => {
  const roll = new Roll<OnRoll>()
  const [one, other] = [member(), member()]
  roll.add(one)
  roll.remove(other)
  roll.remove(one)
  roll.remove(one)
  roll.add(other)
  roll.remove(one)
  expect(roll.members()).toEqual([other])
})

test('a walk over the members is not disturbed by those who leave during it', () => {
  const roll = new Roll<OnRoll>()
  const all = [member(), member(), member()]
  for (const one of all) roll.add(one)
  const met: OnRoll[] = []
  for (const one of roll.members()) {
    met.push(one)
    roll.remove(one)
  }
  expect(met).toEqual(all)
  expect(roll.size).toBe(0)
})
