import { describe, expect, it, vi } from 'vitest'
import type { CallContext } from '../access/context.ts'
import { IN_PROCESS } from '../access/principal.ts'
import { wholeUnits } from '../canonical/amounts.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { NOT_STREAMED } from '../execution/answer.ts'
import type { Executed } from '../execution/execute-ask.ts'
import { RunningAttempt } from '../execution/running-attempt.ts'
import { systemClock } from '../lib/clock.ts'
import { Gathering } from '../lib/gathering.ts'
import type { ClosedExchange, Money, Reservation } from '../money/reservation.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { Engine } from './engine.ts'
import { type Exchange, openExchange } from './exchange.ts'
import { RunningExchanges } from './running-exchanges.ts'

const WORST_CASE = 9_000n
const endpoint = { provider: 'host', region: null, abortStopsBilling: true }
const deployment = { id: 'host/m', model: 'm', endpoint, price: { version: 'test' } } as unknown as Deployment

/** An exchange that was authenticated and holds money, and the ledger's side of it. */
function world(settle: (closed: ClosedExchange) => Promise<void> = async () => undefined) {
  const closed: ClosedExchange[] = []
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const money = {
    price: vi.fn(() => ({ cost: 5n, toolFees: 1n, priceVersion: 'test' })),
    pricesKept: vi.fn((): Promise<void> | null => null),
    learn: vi.fn(),
    record: vi.fn(async (exchange: ClosedExchange) => void closed.push(exchange)),
  }
  const reservation: Reservation = {
    held: { usd: WORST_CASE, tokens: wholeUnits(10), requests: 0n },
    topUp: () => false,
    cover: () => false,
    dispatch: vi.fn(),
    settle(exchange) {
      closed.push(exchange)
      return settle(exchange)
    },
  }
  const metrics = { closed: vi.fn(), ended: vi.fn(), upstreamFailed: vi.fn() }
  const engine = {
    clock: systemClock,
    log,
    money: money as unknown as Money,
    running: new RunningExchanges(),
    gathering: new Gathering({ usualMs: 0, crowdedMs: 0 }),
    onlooker: () => undefined,
    metrics,
    markupOf: () => 200_000_000n,
    priceWatch: () => 'unknown_price',
  } as unknown as Engine
  const signal = new AbortController().signal
  const exchange = openExchange(engine, {
    face: 'wire',
    dialect: 'openai-chat',
    asked: null,
    bytes: Buffer.alloc(0),
    headers: {},
    query: '',
    bound: null,
    dismiss: () => undefined,
    signal,
  })
  return { exchange, closed, log, money, metrics, reservation }
}

function authenticate(exchange: Exchange): void {
  exchange.authenticated(IN_PROCESS, { tenantId: 'acme', feature: 'f', risk: 'read_only' } as CallContext)
}

/** An attempt that has begun to answer. */
function answering(exchange: Exchange): { running: RunningAttempt; abort: ReturnType<typeof vi.fn> } {
  const running = new RunningAttempt(1, deployment, systemClock)
  const bound = { cost: WORST_CASE, inputTokens: 3, outputTokens: 7 }
  exchange.dispatched(running, bound, bound)
  const abort = vi.fn()
  const summary = {
    model: 'm',
    usage: { inputUncached: 3 },
    finishReason: null,
    outputBytes: 0,
    toolCalls: 0,
    ...NOT_STREAMED,
  }
  const answer = { kind: 'stream', summary, abort }
  exchange.answeredBy(
    { answer, running, route: ['large'], dropped: [], target: { deployment } } as unknown as Executed,
    0,
  )
  return { running, abort }
}

const failure = new GatewayError('upstream_failed', 'It broke.')

describe('an exchange', () => {
  it('is settled once, whoever asks, and everybody waits for the same', async () => {
    const { exchange, closed, reservation } = world()
    authenticate(exchange)
    exchange.reserved(reservation)
    const outcomes = [
      exchange.settle({ status: 'completed', error: null, answered: null }),
      exchange.settle({ status: 'client_gone', error: null, answered: null }),
      exchange.refuse(failure),
    ]
    await Promise.all(outcomes)
    expect(closed.map(({ request }) => request.status)).toEqual(['completed'])
  })

  it('leaves no row when nobody knows whose it would be', async () => {
    const { exchange, closed } = world()
    await exchange.refuse(new GatewayError('invalid_api_key', 'No.'))
    expect(closed).toEqual([])
  })

  it('is a refusal of its tenant when nothing was held yet', async () => {
    const { exchange, closed, money } = world()
    authenticate(exchange)
    await exchange.refuse(new GatewayError('model_not_found', 'No.'))
    expect(money.record).toHaveBeenCalledOnce()
    expect(closed[0]).toMatchObject({
      usage: [{ status: 'refused', attempt: 0, cost: 0n, errorCode: 'model_not_found' }],
      request: { status: 'refused', tenantId: 'acme' },
    })
  })

  it('gives its caller a reply even when the ledger is away, and tells the operator', async () => {
    const { exchange, log, reservation } = world(() => Promise.reject(new Error('away')))
    authenticate(exchange)
    exchange.reserved(reservation)
    expect(await exchange.refuse(failure)).toBe(failure)
    expect(log.error).toHaveBeenCalledOnce()
  })

  it('hides a mistake of ours from the caller, not from the operator', async () => {
    const { exchange, log } = world()
    const mistake = new TypeError('x is undefined')
    const error = await exchange.refuse(mistake)
    expect(error).toMatchObject({ code: 'internal', status: 500 })
    expect(error.message).not.toContain('undefined')
    expect(log.error.mock.calls[0]?.[0]).toMatchObject({ err: mistake })
  })
})

describe('an attempt that answered before something else went wrong', () => {
  it('is ended, and paid for', async () => {
    const { exchange, closed, reservation } = world()
    authenticate(exchange)
    exchange.reserved(reservation)
    const { running, abort } = answering(exchange)
    await exchange.refuse(new GatewayError('guard_unavailable', 'The guard is away.'))
    expect(abort).toHaveBeenCalledOnce()
    expect(closed[0]?.usage).toMatchObject([
      { id: running.id, status: 'failed', errorCode: 'guard_unavailable', cost: 5n, inputTokens: 3 },
    ])
    expect(closed[0]?.request).toMatchObject({ status: 'failed', cost: 5n })
  })
})

describe('the price of a call', () => {
  it('is charged with the plan’s markup, and flagged when nobody knows it', async () => {
    const { exchange, closed, reservation } = world()
    authenticate(exchange)
    exchange.reserved(reservation)
    answering(exchange)
    await exchange.refuse(failure)
    expect(closed[0]?.usage).toMatchObject([{ cost: 5n, toolFees: 1n, charge: 6n }])
    expect(closed[0]?.request).toMatchObject({ cost: 5n, charge: 6n, flags: ['unknown_price'] })
  })

  it.each([
    ['dollars', { usd: 4n }],
    ['tokens', { tokens: wholeUnits(2) }],
  ])('and its tokens may pass what was held for it in %s, which its trace says', async (_, held) => {
    const { exchange, closed, reservation } = world()
    authenticate(exchange)
    exchange.reserved({ ...reservation, held: { ...reservation.held, ...held } })
    answering(exchange)
    await exchange.refuse(failure)
    expect(closed[0]?.request.flags).toEqual(['unknown_price', 'hold_passed'])
  })

  it('is kept before the row that names it', async () => {
    const { exchange, closed, money, reservation } = world()
    const kept = Promise.withResolvers<void>()
    money.pricesKept.mockReturnValueOnce(kept.promise)
    authenticate(exchange)
    exchange.reserved(reservation)
    answering(exchange)
    const refused = exchange.refuse(failure)
    await Promise.resolve()
    expect(closed).toEqual([])
    kept.resolve()
    await refused
    expect(closed).toHaveLength(1)
  })
})

describe('an attempt that cannot be priced', () => {
  it('is booked at its bound: the books close, the hold is freed, the operator hears of it', async () => {
    const { exchange, closed, money, log, reservation } = world()
    authenticate(exchange)
    exchange.reserved(reservation)
    const { running } = answering(exchange)
    money.price.mockImplementation(() => {
      throw new RangeError('1.5 cannot be a BigInt')
    })
    const summary = {
      model: null,
      usage: { inputUncached: 1.5 },
      finishReason: null,
      outputBytes: 0,
      toolCalls: 0,
      ...NOT_STREAMED,
    }
    const answered = running.close('completed', null, summary, true)
    await exchange.settle({ status: 'completed', error: null, answered })
    expect(closed[0]?.usage).toMatchObject([{ id: running.id, cost: WORST_CASE, status: 'presumed_spent' }])
    expect(log.error).toHaveBeenCalledOnce()
  })
})
