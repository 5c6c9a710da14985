import { describe, expect, it, vi } from 'vitest'
import type { GatewayError } from '../errors/gateway-error.ts'
import { systemClock } from '../lib/clock.ts'
import {
  answerOf,
  asking,
  chunk,
  deploymentOf,
  inboundOf,
  jsonOf,
  movedClock,
  type Script,
  ScriptedBody,
  scriptedTransport,
  streamOf,
} from './attempt-world.contract.ts'
import { execute } from './execute.ts'
import type { ExecuteAsk, Target } from './execute-ask.ts'
import { DEFAULT_HANDLING } from './failure-handling.ts'
import type { AttemptRecord } from './running-attempt.ts'
import { TransportFailure } from './transport.ts'

const target = (id: string, logicalName: string): Target => ({
  deployment: deploymentOf(id),
  logicalName,
  maxOutputTokens: null,
})
const TARGETS = [target('one/m', 'large'), target('two/m', 'large'), target('three/m', 'small')] as const

const busy: Script = () => jsonOf(503, { error: { message: 'busy' } })
const limited: Script = () => ({ ...jsonOf(429, { error: { message: 'slow down' } }), headers: { 'retry-after': '7' } })
const refused: Script = () => jsonOf(400, { error: { message: 'no such field' } })
const tooLong: Script = () =>
  jsonOf(400, { error: { message: 'maximum context length', code: 'context_length_exceeded' } })
const good: Script = () => answerOf('Hello.')

function run(change: Partial<ExecuteAsk>, ...scripts: Script[]) {
  const records: AttemptRecord[] = []
  const dispatched: string[] = []
  const transport = scriptedTransport(...scripts)
  const ask: ExecuteAsk = {
    targets: TARGETS,
    request: asking(),
    inbound: inboundOf(null),
    promptCacheKey: undefined,
    deadlineAt: null,
    signal: new AbortController().signal,
    onDispatch: (running, { deployment }) => dispatched.push(`${running.number} ${deployment.id}`),
    onFailed: (record) => records.push(record),
    handling: { ...DEFAULT_HANDLING, retry: { attempts: 0, backoffMs: 1, invalidOutput: 1 } },
    ...change,
  }
  return { records, dispatched, transport, ask }
}

async function failureOf(running: ReturnType<typeof run>, clock = systemClock): Promise<GatewayError> {
  return execute(running.ask, running.transport, clock).then(
    () => Promise.reject(new Error('it should have failed')),
    (error: GatewayError) => error,
  )
}

describe('the targets of a call', () => {
  it('are tried in order until one answers; every failed attempt is recorded, and noted before its bytes leave', async () => {
    const running = run({}, busy, limited, good)
    const executed = await execute(running.ask, running.transport, systemClock)
    expect(executed).toMatchObject({
      fallbackReason: 'rate_limited',
      route: ['large', 'small'],
      running: { number: 3 },
    })
    expect(running.dispatched).toEqual(['1 one/m', '2 two/m', '3 three/m'])
    expect(running.records.map(({ number, status, errorCode }) => [number, status, errorCode])).toEqual([
      [1, 'failed', 'upstream_failed'],
      [2, 'failed', 'upstream_rate_limited'],
    ])
  })

  it('are left alone once one answers', async () => {
    const running = run({}, good)
    const executed = await execute(running.ask, running.transport, systemClock)
    expect(executed).toMatchObject({ fallbackReason: null, route: ['large'] })
    expect(running.transport.calls).toHaveLength(1)
  })

  it('are not tried further for what the caller did wrong', async () => {
    const running = run({}, refused)
    expect(await failureOf(running)).toMatchObject({ code: 'invalid_request' })
    expect(running.transport.calls).toHaveLength(1)
  })

  it('get their own model name and cap', async () => {
    const running = run({ targets: [{ ...target('one/gpt', 'large'), maxOutputTokens: 9 }] }, good)
    await execute(running.ask, running.transport, systemClock)
    expect(JSON.parse(running.transport.calls[0]?.body.toString() ?? '')).toMatchObject({
      model: 'gpt',
      max_tokens: 9,
    })
  })
})

describe('a failed attempt that the provider counted', () => {
  const usage = { prompt_tokens: 40, completion_tokens: 6, total_tokens: 46 }
  const counted = { inputUncached: 40, outputText: 6 }

  it.each<[string, Script]>([
    ['with an error status', () => jsonOf(500, { error: { message: 'overloaded half way' }, usage })],
    ['with an error in a good reply', () => jsonOf(200, { error: { message: 'overloaded half way' }, usage })],
    ['with a reply that is no answer', () => jsonOf(200, { choices: [], usage })],
  ])('%s keeps what it counted, on its own deployment', async (_, script) => {
    const running = run({}, script, good)
    const executed = await execute(running.ask, running.transport, systemClock)
    expect(executed.target.deployment.id).toBe('two/m')
    expect(running.records).toMatchObject([
      { deployment: { id: 'one/m' }, status: 'failed', mayCost: true, summary: { usage: counted } },
    ])
  })

  it('in a stream that broke before its first content keeps it too', async () => {
    const lines = [{ id: 'c', choices: [], usage }, { error: { message: 'overloaded' } }]
    const text = lines.map((line) => `data: ${JSON.stringify(line)}\n\n`).join('')
    const whole = `${chunk({ content: 'Hello.' })}${chunk({}, 'stop')}data: [DONE]\n\n`
    const streaming =
      (said: string): Script =>
      () =>
        streamOf(new ScriptedBody().say(said, true))
    const running = run({ request: asking({ stream: true }) }, streaming(text), streaming(whole))
    await execute(running.ask, running.transport, systemClock)
    expect(running.records).toMatchObject([{ status: 'failed', mayCost: true, summary: { usage: counted } }])
  })

  it('with an error status alone cost nothing', async () => {
    const running = run({}, busy, good)
    await execute(running.ask, running.transport, systemClock)
    expect(running.records).toMatchObject([{ mayCost: false, summary: null }])
  })
})

describe('a target that there is no money for', () => {
  it('is passed over, after the first one; the call fails as the attempt before did', async () => {
    const asked: string[] = []
    const affordable = async ({ deployment }: Target) => {
      asked.push(deployment.id)
      return false
    }
    const running = run({ affordable }, busy)
    expect(await failureOf(running)).toMatchObject({ code: 'upstream_failed', message: 'one/m replied 503: busy' })
    expect(asked).toEqual(['two/m', 'three/m'])
    expect(running.dispatched).toEqual(['1 one/m'])
  })

  it('does not keep those that there is money for from their turn', async () => {
    const affordable = ({ deployment }: Target) => deployment.id === 'three/m'
    const running = run({ affordable }, busy, good)
    expect(await execute(running.ask, running.transport, systemClock)).toMatchObject({ running: { number: 2 } })
    expect(running.dispatched).toEqual(['1 one/m', '2 three/m'])
  })
})

describe('a call that nobody could answer', () => {
  it('fails as the last one did, and tells of all', async () => {
    const error = await failureOf(run({}, busy, busy, limited))
    expect(error).toMatchObject({
      code: 'upstream_rate_limited',
      retryAfterSeconds: 7,
      upstream: { provider: 'three' },
    })
    expect(error.message).toContain('3 attempts were made')
    expect(error.details).toMatchObject({ attempts: [{ failure: 'server_error' }, {}, { failure: 'rate_limited' }] })
  })

  it.each([
    ['refuses the request', refused],
    ['has a smaller window', tooLong],
  ])('fails as the one before did when its fallback merely %s', async (_, script) => {
    expect(await failureOf(run({}, busy, script))).toMatchObject({ code: 'upstream_failed', retryable: true })
  })

  it('passes over a fallback that cannot say what was asked, and keeps its own failure', async () => {
    const stop = ['a', 'b', 'c', 'd', 'e']
    const [first, ...others] = TARGETS
    const targets = [target('one/m', 'large'), ...others] as const
    const anthropic = { ...first, deployment: deploymentOf('one/m', {}, 'anthropic-messages') }
    const failed = run({ targets: [anthropic, ...others], request: asking({ stop }) }, busy)
    expect(await failureOf(failed)).toMatchObject({ code: 'upstream_failed' })
    expect(failed.dispatched).toEqual(['1 one/m'])
    const asked = run({ targets, request: asking({ stop }) })
    expect(await failureOf(asked)).toMatchObject({ code: 'unsupported_parameter' })
  })

  it('passes over the first that cannot say what was asked, and says why another one answered', async () => {
    const [first] = TARGETS
    const two = { ...first, deployment: deploymentOf('two/m', {}, 'anthropic-messages') }
    const asked = { targets: [target('one/m', 'large'), two] as const, request: asking({ stop: [...'abcde'] }) }
    const said = { type: 'message', role: 'assistant', content: [], stop_reason: 'end_turn', usage: {} }
    const running = run(asked, () => jsonOf(200, said))
    const executed = await execute(running.ask, running.transport, systemClock)
    expect(executed).toMatchObject({ target: two, fallbackReason: 'unsupported' })
    expect(running.dispatched).toEqual(['1 two/m'])
  })

  it('says when it was the ledger that did not note a dispatch, and sends nothing', async () => {
    const onDispatch = () => {
      throw new Error('the disk is full')
    }
    const running = run({ onDispatch })
    expect(await failureOf(running)).toMatchObject({ code: 'internal' })
    expect(running.transport.calls).toEqual([])
    expect(running.records).toEqual([])
  })
})

describe('the deadline of a call', () => {
  it('begins no attempt that it leaves no time for', async () => {
    const running = run({ deadlineAt: systemClock.monotonic() + 2 })
    expect(await failureOf(running)).toMatchObject({ code: 'deadline_exceeded', status: 504 })
    expect(running.dispatched).toEqual([])
  })

  it('ends the fallbacks when it has passed', async () => {
    const clock = movedClock()
    const late: Script = () => {
      clock.forwardMs += 10_000
      return jsonOf(503, {})
    }
    const running = run({ deadlineAt: clock.monotonic() + 5_000 }, late)
    const error = await failureOf(running, clock)
    expect(error).toMatchObject({ code: 'deadline_exceeded', details: { attempts: [{ failure: 'server_error' }] } })
    expect(running.records).toHaveLength(1)
  })

  it('leaves half of the time to the targets that follow, and is what a call without time failed of', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] })
    const hanging: Script = (call) =>
      new Promise((_, reject) => {
        call.signal.addEventListener('abort', () => reject(new TransportFailure('aborted', true, 'given up')))
      })
    const running = run({ deadlineAt: systemClock.monotonic() + 800 }, hanging, hanging, hanging)
    const failing = failureOf(running)
    await vi.advanceTimersByTimeAsync(800)
    vi.useRealTimers()
    const error = await failing
    expect(error.code).toBe('deadline_exceeded')
    const attempts = (error.details as { attempts: { message: string }[] }).attempts
    expect(attempts.map(({ message }) => / (\d+) ms/.exec(message)?.[1])).toEqual(['400', '200', '200'])
    expect(running.records.at(-1)).toMatchObject({ status: 'failed', errorCode: 'upstream_timeout', mayCost: true })
  })
})

describe('a caller who left', () => {
  it('before the first attempt costs nothing: nothing is sent, nothing noted', async () => {
    const running = run({ signal: AbortSignal.abort() })
    expect(await failureOf(running)).toMatchObject({ code: 'client_closed' })
    expect([running.dispatched, running.records, running.transport.calls]).toEqual([[], [], []])
  })

  it('during an attempt ends the call: there is no fallback', async () => {
    const caller = new AbortController()
    const leaving: Script = (call) => {
      const reply = new Promise<never>((_, reject) => {
        call.signal.addEventListener('abort', () => reject(new TransportFailure('aborted', true, 'given up')))
      })
      caller.abort()
      return reply
    }
    const running = run({ signal: caller.signal }, leaving)
    expect(await failureOf(running)).toMatchObject({ code: 'client_closed' })
    expect(running.records).toMatchObject([{ status: 'client_gone', errorCode: 'client_closed', mayCost: true }])
  })

  it('just as an attempt failed is not followed by another', async () => {
    const caller = new AbortController()
    const failing: Script = () => {
      caller.abort()
      return jsonOf(503, {})
    }
    const running = run({ signal: caller.signal }, failing)
    expect(await failureOf(running)).toMatchObject({ code: 'client_closed' })
    expect(running.transport.calls).toHaveLength(1)
  })
})
