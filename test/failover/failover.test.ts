import { describe, expect, it } from 'vitest'
import { playFault } from './bench.ts'
import { FAULTS } from './faults.ts'
import { FAST } from './profile.ts'

/*
 * Each of the sixteen faults once, with short waits. The scorecard (npm run failover) has them with the waits that providers really make people wait.
 */

/** A stream that broke after its first content cannot be answered by another deployment: two answers would be spliced. */
const BROKEN_STREAMS: ReadonlySet<string> = new Set(['S08', 'S09', 'S14'])

describe.each(FAULTS)('$id $title', (fault) => {
  it('is passed, or ends in a clean error where the answer had begun', async () => {
    const { verdict, because } = await playFault(fault, { caller: 'openai', delivery: 'stream' }, FAST)
    expect(verdict, because).toBe(BROKEN_STREAMS.has(fault.id) ? 'safe' : 'pass')
  })
})

describe.each(FAULTS.filter(({ id }) => BROKEN_STREAMS.has(id)))('$id $title', (fault) => {
  it('is passed where answers are handed over whole', async () => {
    const { verdict, because } = await playFault(fault, { caller: 'raw', delivery: 'whole' }, FAST)
    expect(verdict, because).toBe('pass')
  })
})
