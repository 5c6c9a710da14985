import * as z from 'zod'
import { duration } from '../values.ts'

/** When a level of load is reached: either of the two for long enough. */
export interface LevelConfig {
  /** How late a timer is; null: never. */
  readonly lagMs: number | null
  /** The part of the largest heap that is in use, 0 to 1; null: never. */
  readonly heapShare: number | null
  readonly forMs: number
}

/** From when on a gateway puts off what can wait, and from when on it takes nothing new. */
export interface OverloadConfig {
  readonly busy: LevelConfig
  readonly overloaded: LevelConfig
}

function level(lag: string, heap: number, lasting: string) {
  return z
    .strictObject({
      lag: duration({ leastMs: 20, mostMs: 60_000 })
        .nullable()
        .prefault(lag)
        .describe(
          'How late a timer fires, which is how long everything else waits for its turn. `null`: it does not count.',
        ),
      heap: z
        .number()
        .min(0.1)
        .max(0.99)
        .nullable()
        .prefault(heap)
        .describe('The part of the largest heap that is in use. `null`: it does not count.'),
      for: duration({ leastMs: 0, mostMs: 600_000 })
        .prefault(lasting)
        .describe('For so long either of them must ask for it.'),
    })
    .transform((section): LevelConfig => ({ lagMs: section.lag, heapShare: section.heap, forMs: section.for }))
}

/** `server.overload` */
export const overloadSection = z
  .strictObject({
    busy: level('200ms', 0.85, '1s')
      .prefault({})
      .describe('Calls of low priority are refused, jobs begin one after the other, nothing is hedged.'),
    overloaded: level('1s', 0.92, '5s').prefault({}).describe('Every new call is refused; what runs goes on.'),
  })
  .superRefine(({ busy, overloaded }, context) => {
    for (const [key, field] of [
      ['lag', 'lagMs'],
      ['heap', 'heapShare'],
    ] as const) {
      const [least, value] = [busy[field], overloaded[field]]
      if (least !== null && value !== null && value < least)
        context.addIssue({ code: 'custom', path: ['overloaded', key], message: `must not be below that of busy` })
    }
  })
