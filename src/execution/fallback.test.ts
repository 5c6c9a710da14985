import { describe, expect, it } from 'vitest'
import type { FallbackTrigger } from '../canonical/fallback-trigger.ts'
import { deploymentOf, jsonOf } from './attempt-world.contract.ts'
import { broken, down, on, type Reply, status, world } from './failing-world.contract.ts'
import { DEFAULT_HANDLING } from './failure-handling.ts'

describe('what a task falls back for', () => {
  it.each<[FallbackTrigger, string, Reply]>([
    ['timeout', 'timeout', broken('first-byte-timeout', true)],
    ['rate_limited', 'rate_limited', status(429)],
    ['server_error', 'server_error', down],
    ['server_error', 'connection', broken('connect', false)],
    ['server_error', 'credential', status(401)],
    ['server_error', 'invalid_response', () => jsonOf(200, 'what?')],
    ['invalid_output', 'invalid_response', () => jsonOf(200, 'what?')],
    ['content_filter', 'content_filter', status(400, { code: 'content_filter' })],
  ])('%s: %s', async (trigger, reason, reply) => {
    const { answered } = world({ one: reply })
    expect(await answered({ handling: on(trigger) })).toMatchObject({ fallbackReason: reason })
    const { refused, calls } = world({ one: reply })
    await refused({ handling: on('saturated') })
    expect(new Set(calls)).toEqual(new Set(['one']))
  })

  it('is not what its provider does not want to hear, nor what does not fit, unless the task says so', async () => {
    for (const code of ['content_filter', 'context_length_exceeded', 'odd_field']) {
      const { refused, calls } = world({ one: status(400, { code }) })
      expect(await refused()).toMatchObject({ status: 400 })
      expect(calls).toEqual(['one'])
    }
  })

  it('a prompt that does not fit goes to a larger window only, and once', async () => {
    const tooLong = status(400, { code: 'context_length_exceeded' })
    const { refused, calls } = world({ one: tooLong, two: tooLong, three: tooLong, four: tooLong })
    const window = (id: string, contextTokens: number) => ({
      deployment: { ...deploymentOf(id), contextTokens },
      logicalName: id,
      maxOutputTokens: null,
    })
    const targets = [window('one/m', 8), window('two/m', 8), window('three/m', 32), window('four/m', 64)] as const
    expect(await refused({ targets, handling: on('context_length') })).toMatchObject({
      code: 'context_length_exceeded',
    })
    expect(calls).toEqual(['one', 'three'])
  })

  it('a prompt that does not fit goes to another model of which nobody said how much fits', async () => {
    const { answered, calls } = world({ one: status(400, { code: 'context_length_exceeded' }) })
    expect(await answered({ ids: ['one/m', 'two/m', 'three/other'] })).toMatchObject({
      fallbackReason: 'context_length',
    })
    expect(calls).toEqual(['one', 'three'])
  })
})

describe('a downgrade', () => {
  const rated = (id: string, quality: number | null) => ({
    deployment: { ...deploymentOf(id), quality },
    logicalName: id,
    maxOutputTokens: null,
  })
  const targets = [rated('one/large', 4), rated('two/small', 2), rated('three/other', 4)] as const

  it('is said to be one', async () => {
    const { answered } = world({ one: down })
    expect(await answered({ targets })).toMatchObject({ target: targets[1], isDowngrade: true })
    const { answered: equal } = world({ one: down, two: down })
    expect(await equal({ targets })).toMatchObject({ target: targets[2], isDowngrade: false })
  })

  it('is one from the first choice, also where that is no target', async () => {
    const { deployment: firstChoice } = rated('zero/largest', 5)
    const { answered } = world({})
    expect(await answered({ targets, firstChoice })).toMatchObject({ target: targets[0], isDowngrade: true })
    const handling = { ...DEFAULT_HANDLING, allowDowngrade: false }
    const { refused, calls } = world({})
    expect((await refused({ targets, firstChoice, handling })).message).toContain('does not allow a downgrade')
    expect(calls).toEqual([])
  })

  it('is not made where it is not allowed: what is as good has its turn, and else the call fails and says so', async () => {
    const handling = { ...DEFAULT_HANDLING, allowDowngrade: false }
    const { answered, passed, calls } = world({ one: down })
    expect(await answered({ targets, handling })).toMatchObject({ target: targets[2] })
    expect(passed).toEqual([['two/small', 'downgrade_not_allowed']])
    expect(calls).not.toContain('two')
    const { refused } = world({ one: down })
    const error = await refused({ targets: [targets[0], targets[1]], handling })
    expect(error).toMatchObject({ code: 'upstream_failed', retryable: true })
    expect(error.message).toContain('does not allow a downgrade')
  })
})
