import { describe, expect, it } from 'vitest'
import type { GatewayError } from '../errors/gateway-error.ts'
import type { Clock } from '../lib/clock.ts'
import {
  answerOf,
  asking,
  chunk,
  deploymentOf,
  inboundOf,
  jsonOf,
  ScriptedBody,
  streamOf,
} from './attempt-world.contract.ts'
import { execute } from './execute.ts'
import type { ExecuteAsk, Executed, Target } from './execute-ask.ts'
import { DEFAULT_HANDLING } from './failure-handling.ts'
import { createResilience } from './resilience.ts'
import type { AttemptRecord } from './running-attempt.ts'
import { type Transport, TransportFailure, type UpstreamReply } from './transport.ts'

/*
 * Two attempts for one answer. Nothing happens here by itself: the test says when the first has been silent for long enough, and when each provider answers.
 */

const target = (id: string): Target => ({ deployment: deploymentOf(id), logicalName: id, maxOutputTokens: null })

type Ways = 'whole' | 'stream' | 'held'

/** What calls share: how the deployments do, and the silences that the test ends. */
function surroundings() {
  const clock: Clock & { at: number } = { at: 0, now: () => clock.at, monotonic: () => clock.at }
  const pauses: { ms: number; over: () => void }[] = []
  const resilience = createResilience({
    clock,
    settings: () => ({ failures: 5, p95Ms: null, openForMs: 30_000 }),
    random: () => 0.5,
    pause: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) reject(signal.reason as Error)
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
        pauses.push({ ms, over: resolve })
      }),
  })
  return { clock, pauses, resilience }
}

function world(
  change: Partial<ExecuteAsk> = {},
  way: Ways = 'whole',
  ids: readonly [string, ...string[]] = ['one/m', 'two/m'],
  { clock, pauses, resilience } = surroundings(),
) {
  const sends: string[] = []
  const replies = new Map<string, { resolve: (reply: UpstreamReply) => void; reject: (error: Error) => void }>()
  const bodies = new Map<string, ScriptedBody>()
  const transport: Transport = {
    send({ endpoint: { provider }, signal }) {
      sends.push(provider)
      const reply = Promise.withResolvers<UpstreamReply>()
      replies.set(provider, reply)
      const body = new ScriptedBody()
      bodies.set(provider, body)
      const leave = () => {
        const failure = new TransportFailure('aborted', true, 'the caller left')
        reply.reject(failure)
        body.fail(failure)
      }
      if (signal.aborted) leave()
      signal.addEventListener('abort', leave, { once: true })
      return reply.promise
    },
    close: async () => undefined,
  }
  const records: AttemptRecord[] = []
  const caller = new AbortController()
  const [first, ...others] = ids
  const ask: ExecuteAsk = {
    targets: [target(first), ...others.map(target)],
    request: asking({ stream: way !== 'whole' }),
    inbound: inboundOf(null),
    promptCacheKey: undefined,
    deadlineAt: null,
    signal: caller.signal,
    tenantId: 'acme',
    handling: { ...DEFAULT_HANDLING, retry: { ...DEFAULT_HANDLING.retry, attempts: 0 }, hedge: { afterMs: 800 } },
    holdStreams: way === 'held',
    hedgeIsPaid: () => true,
    onDispatch: () => undefined,
    onFailed: (record) => records.push(record),
    ...change,
  }
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate)
  }
  let outcome: Executed | GatewayError | null = null
  const running = execute(ask, transport, clock, resilience).then(
    (executed) => {
      outcome = executed
    },
    (error: GatewayError) => {
      outcome = error
    },
  )
  const content = (provider: string) => {
    if (way === 'whole') return answerOf(`from ${provider}`)
    return streamOf((bodies.get(provider) ?? new ScriptedBody()).say(chunk({ content: `from ${provider}` }), false))
  }
  const events = {
    /** The first was silent for long enough. */
    silence: () => pauses.at(-1)?.over(),
    answer: (provider: string) => {
      replies.get(provider)?.resolve(content(provider))
      if (way === 'held') bodies.get(provider)?.say(`${chunk({}, 'stop')}data: [DONE]\n\n`, true)
    },
    fail: (provider: string) => replies.get(provider)?.resolve(jsonOf(503, { error: { message: 'busy' } })),
    leave: () => caller.abort(),
    /** Content, and no end yet. */
    begin: (provider: string) => replies.get(provider)?.resolve(content(provider)),
    cut: (provider: string) => bodies.get(provider)?.fail(new TransportFailure('reset', true, 'the connection broke')),
  }
  /** Lets events happen one after the other. */
  const play = async (...steps: (() => void)[]): Promise<void> => {
    await settled()
    for (const step of steps) {
      step()
      await settled()
    }
  }
  const close = () => {
    if (outcome && 'running' in outcome)
      records.push(outcome.running.close('completed', null, outcome.answer.summary, true))
  }
  const told = () =>
    records.map(({ number, deployment: { id }, status, outrun }) => [number, id, outrun ? 'outrun' : status])
  return {
    ...events,
    clock,
    ask,
    resilience,
    sends,
    pauses,
    records,
    running,
    play,
    settled,
    close,
    told,
    get outcome() {
      return outcome as Executed | GatewayError | null
    },
    get executed(): Executed {
      if (!outcome || !('running' in outcome)) throw new Error('nobody answered')
      return outcome as Executed
    },
  }
}

describe.each<Ways>(['whole', 'stream', 'held'])('a second attempt beside a silent first: %s', (way) => {
  it('answers when it is faster; the other one is given up and says nothing against its deployment', async () => {
    const one = world({}, way)
    await one.play(one.silence, () => one.answer('two'))
    expect(one.executed).toMatchObject({
      target: { deployment: { id: 'two/m' } },
      fallbackReason: 'hedged',
      route: ['one/m', 'two/m'],
      running: { number: 2, isHedge: true },
    })
    expect(one.told()).toEqual([[1, 'one/m', 'outrun']])
    expect(one.records[0]).toMatchObject({ status: 'client_gone', errorCode: null, mayCost: true })
    one.close()
    expect(one.resilience.health.breakers()).toMatchObject([
      { deployment: 'one/m', failures: 0 },
      { deployment: 'two/m', failures: 0 },
    ])
  })

  it('is given up when the first answers after all, and nothing speaks of it', async () => {
    const one = world({}, way)
    await one.play(one.silence, () => one.answer('one'))
    expect(one.executed).toMatchObject({
      target: { deployment: { id: 'one/m' } },
      fallbackReason: null,
      route: ['one/m'],
    })
    expect(one.told()).toEqual([[2, 'two/m', 'outrun']])
  })

  it('does not begin when the first answers or fails in time', async () => {
    const quick = world({}, way)
    await quick.play(() => quick.answer('one'), quick.silence)
    expect(quick.sends).toEqual(['one'])
    const failed = world({}, way)
    await failed.play(
      () => failed.fail('one'),
      failed.silence,
      () => failed.answer('two'),
    )
    expect(failed.executed.fallbackReason).toBe('server_error')
    expect(failed.told()).toEqual([[1, 'one/m', 'failed']])
  })

  it('goes on alone when the first fails, which is then the reason', async () => {
    const one = world({}, way)
    await one.play(
      one.silence,
      () => one.fail('one'),
      () => one.answer('two'),
    )
    expect(one.executed).toMatchObject({ fallbackReason: 'server_error', route: ['one/m', 'two/m'] })
    expect(one.told()).toEqual([[1, 'one/m', 'failed']])
  })

  it('leaves the first alone when it fails itself', async () => {
    const one = world({}, way)
    await one.play(
      one.silence,
      () => one.fail('two'),
      () => one.answer('one'),
    )
    expect(one.executed).toMatchObject({
      target: { deployment: { id: 'one/m' } },
      fallbackReason: null,
      route: ['one/m'],
    })
    expect(one.told()).toEqual([[2, 'two/m', 'failed']])
  })

  it.each(['one', 'two'] as const)(
    'fails with the first, and the next target is asked: %s fails first',
    async (early) => {
      const one = world({}, way, ['one/m', 'two/m', 'three/m'])
      const late = early === 'one' ? 'two' : 'one'
      await one.play(
        one.silence,
        () => one.fail(early),
        () => one.fail(late),
      )
      // The one that was only busy has a turn of its own.
      await one.play(
        () => one.fail('two'),
        () => one.answer('three'),
      )
      expect(one.sends).toEqual(['one', 'two', 'two', 'three'])
      expect(one.records.map(({ number }) => number).toSorted()).toEqual([1, 2, 3])
      expect(one.executed).toMatchObject({ running: { number: 4 }, route: ['one/m', 'two/m', 'three/m'] })
    },
  )

  it('ends with the first when the caller leaves, each as a row of its own', async () => {
    const one = world({}, way)
    await one.play(one.silence, one.leave)
    expect(one.outcome).toMatchObject({ code: 'client_closed' })
    expect(one.told().toSorted()).toEqual([
      [1, 'one/m', 'client_gone'],
      [2, 'two/m', 'client_gone'],
    ])
  })
})

describe('what came of two attempts at the very same moment', () => {
  it.each<Ways>(['whole', 'stream', 'held'])('is one answer, and a row of each: %s', async (way) => {
    const one = world({}, way)
    await one.play(one.silence, () => {
      one.answer('two')
      one.answer('one')
    })
    one.close()
    expect(one.told().toSorted()).toHaveLength(2)
    expect(one.told().filter(([, , how]) => how === 'outrun')).toHaveLength(1)
    const { executed } = one
    const text = JSON.stringify(
      executed.answer.kind === 'whole' ? executed.answer.response.content : await executed.answer.read(),
    )
    expect(text).toContain(`from ${executed.target.deployment.endpoint.provider}`)
  })
})

describe('an answer that is there', () => {
  it('does not wait to be read while another attempt could still be sent', async () => {
    const one = world({ gather: () => new Promise(() => undefined) })
    await one.play(() => one.answer('one'), one.silence)
    one.close()
    expect(one.sends).toEqual(['one'])
    expect(one.told()).toEqual([[1, 'one/m', 'completed']])
  })
})

describe('a held stream that breaks when the other attempt is given up already', () => {
  it.each(['one', 'two'] as const)('is answered by the next target: %s', async (broken) => {
    const one = world({}, 'held', ['one/m', 'two/m', 'three/m'])
    await one.play(
      one.silence,
      () => one.begin(broken),
      () => one.cut(broken),
    )
    expect(one.told().toSorted()).toEqual(
      broken === 'one'
        ? [
            [1, 'one/m', 'failed'],
            [2, 'two/m', 'outrun'],
          ]
        : [
            [1, 'one/m', 'outrun'],
            [2, 'two/m', 'failed'],
          ],
    )
    await one.play(() => one.answer('two'))
    expect(one.executed).toMatchObject({ target: { deployment: { id: 'two/m' } }, fallbackReason: 'truncated' })
  })
})

describe('a second attempt is not made', () => {
  const refuses = async (change: Partial<ExecuteAsk>, ids?: readonly [string, ...string[]]) => {
    const one = world(change, 'whole', ids)
    await one.play(one.silence)
    expect(one.sends).toEqual(['one'])
    await one.play(() => one.answer('one'))
    expect(one.executed.fallbackReason).toBeNull()
  }
  const handling = world().ask.handling ?? DEFAULT_HANDLING

  it('where the task does not want it, or there is money for one only', async () => {
    await refuses({ handling: { ...handling, hedge: null } })
    await refuses({ hedgeIsPaid: () => false })
    await refuses({ affordable: (target) => target.deployment.id !== 'two/m' })
    await refuses({ affordable: async () => false })
  })

  it('of a call with tools that act elsewhere', async () => {
    const tools = [{ type: 'hosted' as const, dialect: 'openai-responses' as const, definition: { type: 'mcp' } }]
    await refuses({ request: asking({ tools }) })
  })

  it('by a lesser model where the call does not allow one', async () => {
    const lesser = { ...target('two/m'), deployment: { ...deploymentOf('two/m'), quality: 1 } }
    const better = { ...target('one/m'), deployment: { ...deploymentOf('one/m'), quality: 5 } }
    await refuses({ targets: [better, lesser], handling: { ...handling, allowDowngrade: false } })
  })

  it('when nobody else is there, or the other one is not well', async () => {
    await refuses({}, ['one/m'])
    const one = world()
    await one.settled()
    const [, two] = one.ask.targets
    for (let time = 0; time < 5 && two; time += 1) {
      const lease = one.resilience.health.admit(two.deployment)
      if ('end' in lease) lease.end('bad')
    }
    await one.play(one.silence)
    expect(one.sends).toEqual(['one'])
    // Nor is it probed for that.
    one.clock.at += 60_000
    expect(one.resilience.health.breakers()).toMatchObject([{ state: 'closed' }, { state: 'open' }])
  })

  it('by more than a tenth of the calls and three, so that what is slow for all gets no storm', async () => {
    const shared = surroundings()
    let hedged = 0
    for (let calls = 1; calls <= 100; calls += 1) {
      const one = world({}, 'whole', ['one/m', 'two/m'], shared)
      await one.play(one.silence, () => one.answer('one'))
      hedged += one.sends.length - 1
      one.close()
      expect(hedged).toBeLessThanOrEqual(3 + calls / 10)
    }
    expect(hedged).toBeGreaterThanOrEqual(10)
  })
})

describe('how long a first attempt may be silent', () => {
  const slow = { ...DEFAULT_HANDLING, hedge: { afterMs: null } }

  it('is what its task says', async () => {
    const one = world()
    await one.settled()
    expect(one.pauses).toMatchObject([{ ms: 800 }])
  })

  it('is the 95th percentile of its deployment, once that is known', async () => {
    const shared = surroundings()
    const unknown = world({ handling: slow }, 'whole', ['one/m', 'two/m'], shared)
    await unknown.play(() => unknown.answer('one'))
    expect(unknown.pauses).toHaveLength(0)
    for (let call = 0; call < 20; call += 1) {
      const one = world({ handling: { ...slow, hedge: null } }, 'whole', ['one/m', 'two/m'], shared)
      shared.clock.at += 500
      await one.play(() => one.answer('one'))
      one.close()
    }
    const known = world({ handling: slow }, 'whole', ['one/m', 'two/m'], shared)
    await known.settled()
    expect(known.pauses).toHaveLength(1)
    expect(Math.abs((known.pauses[0]?.ms ?? 0) - 500)).toBeLessThan(50)
  })
})
