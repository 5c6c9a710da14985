import { describe, expect, test } from 'vitest'
import { Gathering } from './gathering.ts'

const someone = () => ({ hasGathered: false })

describe('gathering', () => {
  test('who comes when nobody came for a while goes on at once', () => {
    let now = 0
    const gathering = new Gathering({ usualMs: 4, crowdedMs: 8 }, { now: () => now, monotonic: () => now })
    expect(gathering.join(someone())).toBeNull()
    now = 4
    expect(gathering.join(someone())).toBeNull()
  })

  test('those who come soon after wait together, and each goes on in its order', async () => {
    const gathering = new Gathering({ usualMs: 4, crowdedMs: 8 }, { now: () => 0, monotonic: () => 0 })
    expect(gathering.join(someone())).toBeNull()
    const order: string[] = []
    const second = gathering.join(someone())?.then(() => order.push('second'))
    const third = gathering.join(someone())?.then(() => order.push('third'))
    expect(order).toEqual([])
    await Promise.all([second, third])
    expect(order).toEqual(['second', 'third'])
  })

  test('nobody waits twice', async () => {
    const gathering = new Gathering({ usualMs: 60_000, crowdedMs: 60_000 }, { now: () => 0, monotonic: () => 0 })
    const first = someone()
    expect(gathering.join(first)).toBeNull()
    expect(gathering.join(first)).toBeNull()
  })

  test('after a group of many the next one waits longer, and after a small one it does not', async () => {
    let now = 0
    const gathering = new Gathering({ usualMs: 4, crowdedMs: 8 }, { now: () => now, monotonic: () => now })
    expect(gathering.join(someone())).toBeNull()
    await Promise.all([1, 2, 3, 4].map(() => gathering.join(someone())))
    now = 5
    const late = gathering.join(someone())
    expect(late).not.toBeNull()
    await late
    now = 9
    expect(gathering.join(someone())).toBeNull()
  })

  test('once it is closed those who wait go on, and nobody waits any more', async () => {
    const gathering = new Gathering({ usualMs: 60_000, crowdedMs: 60_000 })
    expect(gathering.join(someone())).toBeNull()
    const waiting = gathering.join(someone())
    expect(waiting).not.toBeNull()
    gathering.close()
    await waiting
    expect(gathering.join(someone())).toBeNull()
  })
})
