import { describe, expect, it } from 'vitest'
import type { CanonicalRequest } from '../canonical/request.ts'
import { asking, deploymentOf, jsonOf } from './attempt-world.contract.ts'
import type { Target } from './execute-ask.ts'
import { broken, down, good, once, type Reply, status, world } from './failing-world.contract.ts'

describe('a failure that passes', () => {
  it.each<[string, Reply]>([
    ['an error of the server', down],
    ['a connection that could not be made', broken('connect', false)],
    ['a limit', status(429)],
    ['a limit that passes within the pause', status(429, {}, { 'retry-after': '0' })],
  ])('%s is tried once more on the same deployment: an attempt of its own, and no fallback', async (_, reply) => {
    const { answered, calls, attempts, pauses } = world({ one: once(reply) })
    const executed = await answered()
    expect(calls).toEqual(['one', 'one'])
    expect(attempts).toHaveLength(1)
    expect(executed).toMatchObject({ fallbackReason: null, route: ['one/m'], running: { number: 2 } })
    expect(pauses).toEqual([100])
  })

  it('that does not pass is left after the one retry, for the next deployment', async () => {
    const { answered, calls, attempts } = world({ one: down })
    const executed = await answered()
    expect(calls).toEqual(['one', 'one', 'two'])
    expect(attempts).toEqual(['1 one/m upstream_failed', '2 one/m upstream_failed'])
    expect(executed).toMatchObject({
      fallbackReason: 'server_error',
      route: ['one/m', 'two/m'],
      running: { number: 3 },
    })
  })

  it('is not what a redirection is', async () => {
    const { answered, calls } = world({ one: status(302) })
    await answered()
    expect(calls).toEqual(['one', 'two'])
  })

  it('is not tried again without the money for it', async () => {
    const { answered, calls } = world({ one: down })
    const affordable = ({ deployment }: Target) => deployment.id === 'two/m'
    expect(await answered({ affordable })).toMatchObject({ fallbackReason: 'server_error' })
    expect(calls).toEqual(['one', 'two'])
  })

  it('waits as long as the provider says when there is nobody else, but not beyond the deadline', async () => {
    const limited = once(status(429, {}, { 'retry-after': '3' }))
    const { answered, pauses } = world({ one: limited })
    await answered({ ids: ['one/m'] })
    expect(pauses).toEqual([3_000])
    const short = world({ one: status(429, {}, { 'retry-after': '3' }) })
    expect(await short.refused({ ids: ['one/m'], deadlineAt: 2_000 })).toMatchObject({ code: 'upstream_rate_limited' })
    expect(short.pauses).toEqual([])
  })

  it('is not waited for when the caller leaves', async () => {
    const caller = new AbortController()
    const { refused, calls } = world({
      one: () => {
        setImmediate(() => caller.abort())
        return down()
      },
    })
    const affordable = () => new Promise<boolean>((resolve) => setImmediate(() => setImmediate(() => resolve(true))))
    expect(await refused({ signal: caller.signal, affordable })).toMatchObject({ code: 'client_closed' })
    expect(calls).toEqual(['one'])
  })
})

describe('a deployment that is silent', () => {
  it('is left at once', async () => {
    const { answered, calls } = world({ one: broken('first-byte-timeout', true) })
    expect(await answered()).toMatchObject({ fallbackReason: 'timeout' })
    expect(calls).toEqual(['one', 'two'])
  })
})

describe('a call with tools that its provider runs in the world', () => {
  const tools = [{ type: 'hosted', dialect: 'openai-chat', definition: { type: 'mcp', server_label: 'mail' } }] as const
  const request: CanonicalRequest = asking({ tools })

  it.each<[string, Reply, number]>([
    ['failed after it was reached', down, 1],
    ['was cut', broken('first-byte-timeout', true), 1],
    ['was never reached', broken('connect', false), 3],
    ['had no room', status(429), 3],
  ])('is not made twice when the provider %s', async (_, reply, attempts) => {
    const { call, calls } = world({ one: reply })
    await call({ request }).catch(() => undefined)
    expect(calls).toHaveLength(attempts)
  })
})

describe('a primary that is dead', () => {
  it('costs no call its answer, and is hardly called: at most four times a minute after the first failures', async () => {
    const { clock, calls, answered } = world({ one: down })
    const made: number[] = []
    for (let second = 0; second < 600; second += 1) {
      clock.at = Math.max(clock.at, second * 1_000)
      const before = calls.length
      expect((await answered()).target.deployment.id).toBe('two/m')
      made.push(calls.slice(before).filter((name) => name === 'one').length)
    }
    const total = made.reduce((sum, count) => sum + count, 0)
    expect(total).toBeLessThanOrEqual(5 + 10 * 4)
    for (let minute = 1; minute < 10; minute += 1) {
      expect(made.slice(minute * 60, minute * 60 + 60).filter((count) => count > 0).length).toBeLessThanOrEqual(4)
    }
  })

  it('is not called 1.2 times as often as calls come, even without a breaker', async () => {
    const { clock, calls, answered } = world({ one: down }, { failures: null })
    for (let second = 0; second < 600; second += 1) {
      clock.at = Math.max(clock.at, second * 1_000)
      await answered()
    }
    expect(calls.filter((name) => name === 'one').length).toBeLessThanOrEqual(1.2 * 600)
  })

  it('spares its retries for one tenant when another uses up its own', async () => {
    const { refused, calls } = world({ one: down }, { failures: null })
    for (let time = 0; time < 20; time += 1) await refused({ ids: ['one/m'], tenantId: 'storm' })
    const before = calls.length
    await refused({ ids: ['three/m'], tenantId: 'storm' }).catch(() => undefined)
    expect(calls.length - before).toBe(1)
  })

  it('is asked again for a tenant of whose calls ten failed just before, and hardly for more', async () => {
    const { refused, calls } = world(Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`p${at}`, down])))
    for (let at = 0; at < 12; at += 1) await refused({ ids: [`p${at}/m`] })
    expect(calls).toHaveLength(12 + 11)
    expect(calls.filter((name) => name === 'p11')).toHaveLength(1)
  })

  it('has as many retries as it needs while they help', async () => {
    const { answered, refused, replies, calls } = world({}, { failures: null })
    for (let time = 0; time < 40; time += 1) {
      replies.one = once(down)
      expect(await answered({ ids: ['one/m'], tenantId: 'acme' })).toMatchObject({ running: { number: 2 } })
    }
    replies.one = down
    calls.length = 0
    for (let time = 0; time < 40; time += 1) await refused({ ids: ['one/m'], tenantId: 'acme' })
    expect(calls.length).toBeLessThanOrEqual(1.2 * 40 + 3)
  })

  it('is not called 1.4 times as often as calls come when some fail by chance, whatever the share', async () => {
    for (const share of [0.1, 0.2, 0.3, 0.4, 0.6, 0.8]) {
      let chance = 1
      const byChance = () => {
        chance = (chance * 48_271) % 0x7fff_ffff
        return chance / 0x7fff_ffff < share
      }
      const { calls, answered } = world({ one: () => (byChance() ? down() : good()) }, { failures: null })
      for (let call = 0; call < 400; call += 1) await answered()
      expect(calls.filter((name) => name === 'one').length).toBeLessThanOrEqual(1.4 * 400)
    }
  })

  it('is passed over while its breaker is open, and the call says why', async () => {
    const { passed, answered } = world({ one: down })
    for (let time = 0; time < 3; time += 1) await answered()
    passed.length = 0
    expect(await answered()).toMatchObject({
      fallbackReason: 'circuit_open',
      route: ['one/m', 'two/m'],
      running: { number: 1 },
    })
    expect(passed).toEqual([['one/m', 'circuit_open']])
  })

  it('is probed by one of a hundred that wait; the others are answered elsewhere, and all are back when it is well', async () => {
    const { clock, calls, replies, answered } = world({ one: down })
    for (let time = 0; time < 3; time += 1) await answered()
    clock.at += 30_000
    calls.length = 0
    replies.one = good
    const served = await Promise.all(Array.from({ length: 100 }, () => answered()))
    expect(calls.filter((name) => name === 'one')).toHaveLength(1)
    expect(served.filter(({ target }) => target.deployment.id === 'two/m')).toHaveLength(99)
    expect(await answered()).toMatchObject({ fallbackReason: null })
  })

  it('is not asked again when it fails as a probe', async () => {
    const { clock, calls, answered } = world({ one: down })
    for (let time = 0; time < 3; time += 1) await answered()
    clock.at += 30_000
    calls.length = 0
    await answered()
    expect(calls).toEqual(['one', 'two'])
  })
})

describe('a deployment that is alone', () => {
  it('is tried by one call at a time while its breaker is open, and answers the next call once it is well', async () => {
    const { calls, replies, answered, refused } = world({ one: down })
    for (let time = 0; time < 3; time += 1) await refused({ ids: ['one/m'] })
    calls.length = 0
    let fail = (): void => undefined
    replies.one = () =>
      new Promise((resolve) => {
        fail = () => resolve(jsonOf(503, {}))
      })
    const probing = refused({ ids: ['one/m'] })
    const others = await Promise.all(Array.from({ length: 20 }, () => refused({ ids: ['one/m'] })))
    for (const error of others) {
      expect(error).toMatchObject({ code: 'no_deployment_available', status: 503, retryAfterSeconds: 1 })
    }
    fail()
    await probing
    expect(calls).toEqual(['one'])
    replies.one = good
    expect(await answered({ ids: ['one/m'] })).toMatchObject({ fallbackReason: null })
  })

  it('was not passed over when it is asked all the same, and fails again', async () => {
    const { refused, calls, passed } = world({ one: down })
    for (let call = 0; call < 4; call += 1) await refused({ ids: ['one/m'] })
    const before = calls.length
    passed.length = 0
    await refused({ ids: ['one/m'] })
    expect(calls.length).toBeGreaterThan(before)
    expect(passed).toEqual([])
  })

  it('of which its provider said that it has no room is asked all the same', async () => {
    const { replies, answered, refused } = world({ one: status(429, {}, { 'retry-after': '60' }) })
    await refused({ ids: ['one/m'] })
    replies.one = good
    await answered({ ids: ['one/m'] })
  })
})

describe('a deployment that has no room', () => {
  it('is passed over until its provider wants calls again', async () => {
    const { clock, answered, calls } = world({ one: status(429, {}, { 'retry-after': '20' }) })
    expect(await answered()).toMatchObject({ fallbackReason: 'rate_limited' })
    expect(await answered()).toMatchObject({ fallbackReason: 'saturated' })
    expect(calls).toEqual(['one', 'two', 'two'])
    clock.at += 20_000
    expect(await answered()).toMatchObject({ fallbackReason: 'rate_limited' })
  })

  it('overflows to the next while so many calls run there, to the end of their answers', async () => {
    const { call } = world({})
    const bounded = deploymentOf('one/m')
    const targets = [
      {
        deployment: { ...bounded, endpoint: { ...bounded.endpoint, maxConcurrency: 1 } },
        logicalName: 'l',
        maxOutputTokens: null,
      },
      { deployment: deploymentOf('two/m'), logicalName: 'l', maxOutputTokens: null },
    ] as const
    const first = await call({ targets })
    expect(await call({ targets })).toMatchObject({ target: targets[1], fallbackReason: 'saturated' })
    await expect(call({ targets: [targets[0]] })).rejects.toMatchObject({ code: 'no_deployment_available' })
    first.running.close('client_gone', null, first.answer.summary, true)
    expect(await call({ targets })).toMatchObject({ target: targets[0] })
  })
})

describe('what a breaker learns', () => {
  it('is nothing from a thousand callers who left, nor from what was wrong with calls', async () => {
    const { replies, refused, answered } = world({ one: broken('aborted', true) })
    for (let time = 0; time < 1000; time += 1) await refused()
    replies.one = status(422)
    for (let time = 0; time < 100; time += 1) await refused()
    replies.one = good
    expect(await answered()).toMatchObject({ fallbackReason: null })
  })

  it('is nothing from a thousand limits: a provider that has no room is not down', async () => {
    const { replies, answered, resilience } = world({ one: status(429) })
    for (let time = 0; time < 1000; time += 1) await answered()
    expect(resilience.health.breakers()[0]).toMatchObject({ deployment: 'one/m', state: 'closed', failures: 0 })
    replies.one = good
    expect(await answered()).toMatchObject({ fallbackReason: null })
  })

  it('is how answers end: those that are cut again and again count', async () => {
    const { call, answered } = world({})
    for (let time = 0; time < 5; time += 1) {
      const { running, answer } = await call()
      running.close('incomplete', 'upstream_truncated', answer.summary, true)
    }
    expect(await answered()).toMatchObject({ fallbackReason: 'circuit_open' })
  })

  it('is nothing from answers in one piece that a deadline did not wait for', async () => {
    const slow = world({})
    slow.replies.one = () => {
      slow.clock.at += 3_000
      return broken('first-byte-timeout', true)()
    }
    for (let time = 0; time < 20; time += 1) {
      await slow.answered({ deadlineAt: slow.clock.at + 6_000 })
    }
    expect(slow.resilience.health.breakers()[0]).toMatchObject({ deployment: 'one/m', state: 'closed', failures: 0 })
  })
})
