import { describe, expect, test } from 'vitest'
import { Gathering } from './gathering.ts'

const someone = () => ({ hasGathered: false })

describe('gathering', () => {
  test('who comes when nobody came for a while goes on at once', () => {
    let now = 0
    const gathering = new Gathering(4, { now: () => now, monotonic: () => now })
    expect(gathering.join(someone())).toBeNull()
    now = 4
    expect(gathering.join(someone())).toBeNull()
  })

  test('those who come soon after wait together, and each goes on in its order', async () => {
    const gathering = new Gathering(4, { now: () => 0, monotonic: () => 0 })
    expect(gathering.join(someone())).toBeNull()
    const order: string[] = []
    const second = gathering.join(someone())?.then(() => order.push('second'))
    const third = gathering.join(someone())?.then(() => order.push('third'))
    expect(order).toEqual([])
    await Promise.all([second, third])
    expect(order).toEqual(['second', 'third'])
  })

  test('nobody waits twice', async () => {
    const gathering = new Gathering(60_000, { now: () => 0, monotonic: () => 0 })
    const first = someone()
    expect(gathering.join(first)).toBeNull()
    expect(gathering.join(first)).toBeNull()
  })
})
