import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import { type AnswerPiece, NOT_STREAMED, type StreamedAnswer } from '../../execution/answer.ts'
import { AttemptFailure } from '../../execution/attempt-failure.ts'
import type { Checked } from '../stages.ts'
import { READER_PATIENCE_MS, settledStream } from './settle-stream.ts'

const bytes = (text: string): AnswerPiece => ({ kind: 'bytes', bytes: Buffer.from(text) })
const broken = new AttemptFailure('truncated', new GatewayError('upstream_truncated', 'It was cut.'), true)

/** A stream whose upstream is moved by the test. `settled` lists how its books were closed: more than once is a mistake of the stream. */
function world({ partial = 'error' as 'error' | 'return', isBroken = false } = {}) {
  const caller = new AbortController()
  const ready: (AnswerPiece | null | Error)[] = []
  const settled: { status: string; code: string | null }[] = []
  const flags: string[] = []
  const rows: unknown[] = []
  let waiting: ((one: AnswerPiece | null | Error) => void) | null = null
  let ledger: () => Promise<void> = async () => undefined
  let aborts = 0
  let closing: Promise<void> | null = null

  const answer: StreamedAnswer = {
    kind: 'stream',
    summary: { model: null, usage: null, finishReason: null, outputBytes: 0, toolCalls: 0, ...NOT_STREAMED },
    async read() {
      const one = ready.length > 0 ? ready.shift() : await new Promise<AnswerPiece | null | Error>((r) => (waiting = r))
      if (one instanceof Error) throw one
      return one ?? null
    },
    tail: () => bytes('<end>'),
    interrupt: () => bytes('<incomplete>'),
    abort() {
      aborts += 1
      waiting?.(new AttemptFailure('client_gone', new GatewayError('client_closed', 'The caller left.'), true))
    },
  }
  caller.signal.addEventListener('abort', () => answer.abort())
  const error = vi.fn()
  const checked = {
    exchange: {
      signal: caller.signal,
      engine: { log: { error } },
      traceId: 't',
      flags,
      // The exchange's own promise: only the first caller decides.
      settle(outcome: { status: string; error: GatewayError | null; answered: unknown }) {
        closing ??= (async () => {
          settled.push({ status: outcome.status, code: outcome.error?.code ?? null })
          if (outcome.answered) rows.push(outcome.answered)
          await ledger()
        })()
        return closing
      },
    },
    decision: { partial },
    executed: { running: { close: (status: string) => ({ status }) }, ...(isBroken ? { isBroken } : {}) },
  } as unknown as Checked
  const stream = settledStream<string>(checked, answer, {
    piece: (piece) => (piece.kind === 'bytes' ? piece.bytes.toString() : ''),
    end: (tail) => (tail?.kind === 'bytes' ? tail.bytes.toString() : ''),
    error: ({ code }) => `<error ${code}>`,
  })
  return {
    caller,
    settled,
    flags,
    rows,
    stream,
    log: error,
    aborts: () => aborts,
    gives(...ones: (AnswerPiece | null | Error)[]) {
      ready.push(...ones)
      if (waiting) {
        const take = waiting
        waiting = null
        take(ready.shift() ?? null)
      }
    },
    failLedger() {
      ledger = () => Promise.reject(new GatewayError('ledger_unavailable', 'It is away.'))
    },
  }
}

async function rest(stream: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const piece of stream) text += piece
  return text
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the body of a stream settles once', () => {
  it('before its end is given', async () => {
    const { stream, gives, settled } = world()
    gives(bytes('Hel'), bytes('lo'), null)
    expect([(await stream.next()).value, (await stream.next()).value, settled]).toEqual(['Hel', 'lo', []])
    const end = await stream.next()
    expect(end.value).toBe('<end>')
    expect(settled).toEqual([{ status: 'completed', code: null }])
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    await stream.return()
    expect(settled).toHaveLength(1)
  })

  it('when the upstream breaks, and then its error is the last thing given', async () => {
    const { stream, gives, settled } = world()
    gives(bytes('Hel'), broken)
    expect(await rest(stream)).toBe('Hel<error upstream_truncated>')
    expect(settled).toEqual([{ status: 'incomplete', code: 'upstream_truncated' }])
  })

  it('when the upstream breaks and what came is wanted, and then its end says that it is incomplete', async () => {
    const { stream, gives, settled, flags, rows } = world({ partial: 'return' })
    gives(bytes('Hel'), broken)
    expect(await rest(stream)).toBe('Hel<incomplete>')
    expect(settled).toEqual([{ status: 'incomplete', code: 'upstream_truncated' }])
    expect({ flags, rows: rows.length }).toEqual({ flags: ['incomplete'], rows: 1 })
  })

  it('without a second row, when what is handed over broke before it was seen', async () => {
    const { stream, gives, settled, rows } = world({ partial: 'return', isBroken: true })
    gives(bytes('Hel'), broken)
    expect(await rest(stream)).toBe('Hel<incomplete>')
    expect(settled).toEqual([{ status: 'incomplete', code: 'upstream_truncated' }])
    expect(rows).toEqual([])
  })

  it('with the error, when what came is wanted and the ledger is away', async () => {
    const { stream, gives, failLedger } = world({ partial: 'return' })
    failLedger()
    gives(bytes('Hel'), broken)
    expect(await rest(stream)).toBe('Hel<error upstream_truncated>')
  })

  it('with the error, when what came is wanted and it was the call that failed', async () => {
    const refused = new AttemptFailure(
      'content_filter',
      new GatewayError('guard_blocked', 'It will not say more.'),
      true,
    )
    const { stream, gives } = world({ partial: 'return' })
    gives(bytes('Hel'), refused)
    expect(await rest(stream)).toBe('Hel<error guard_blocked>')
  })

  it('when the ledger is away at the end, and then the end is not given', async () => {
    const { stream, gives, settled, failLedger } = world()
    failLedger()
    gives(bytes('Hello'), null)
    expect(await rest(stream)).toBe('Hello<error ledger_unavailable>')
    expect(settled).toHaveLength(1)
  })

  it('when it is given up before its first step', async () => {
    const { stream, settled, aborts } = world()
    await stream.return()
    expect(settled).toEqual([{ status: 'client_gone', code: null }])
    expect(aborts()).toBe(1)
    expect(await stream.next()).toEqual({ done: true, value: undefined })
  })

  it('when it is given up while a step is under way', async () => {
    const { stream, settled } = world()
    const step = stream.next()
    await stream.return()
    expect(await step).toEqual({ done: true, value: undefined })
    expect(settled).toEqual([{ status: 'client_gone', code: null }])
  })

  it('when its reader leaves the loop', async () => {
    const { stream, gives, settled } = world()
    gives(bytes('Hel'), bytes('lo'))
    for await (const _ of stream) break
    expect(settled).toEqual([{ status: 'client_gone', code: null }])
  })

  it.each([true, false])('when the caller leaves, whether or not a step is under way: %s', async (wanted) => {
    const { stream, caller, settled } = world()
    const step = wanted ? stream.next() : null
    caller.abort()
    expect(await (step ?? stream.next())).toEqual({ done: true, value: undefined })
    expect(settled).toEqual([{ status: 'client_gone', code: null }])
  })

  it('when what the writer makes of a piece fails, which the operator hears of', async () => {
    const { stream, gives, settled, log } = world()
    gives(new TypeError('a mistake of ours'))
    expect(await rest(stream)).toBe('<error internal>')
    expect(settled).toEqual([{ status: 'incomplete', code: 'internal' }])
    expect(log).toHaveBeenCalledOnce()
  })
})

describe('a caller whom the gateway sends away', () => {
  const closing = new GatewayError('no_deployment_available', 'The gateway is shutting down.')

  it.each([true, false])('is told why, whether or not a step is under way: %s', async (wanted) => {
    const { stream, caller, settled } = world()
    const step = wanted ? stream.next() : null
    caller.abort(closing)
    expect((await (step ?? stream.next())).value).toBe('<error no_deployment_available>')
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(settled).toEqual([{ status: 'incomplete', code: 'no_deployment_available' }])
  })
})

describe('a stream that nobody reads', () => {
  it('closes itself, and tells a reader who comes back', async () => {
    const { stream, gives, settled, aborts } = world()
    gives(bytes('Hel'))
    await stream.next()
    await vi.advanceTimersByTimeAsync(2 * READER_PATIENCE_MS)
    expect(settled).toEqual([{ status: 'client_gone', code: null }])
    expect(aborts()).toBe(1)
    expect(await rest(stream)).toBe('<error client_closed>')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is one whose reader takes nothing, not one whose provider is silent', async () => {
    const { stream, gives, settled } = world()
    const step = stream.next()
    await vi.advanceTimersByTimeAsync(5 * READER_PATIENCE_MS)
    gives(bytes('at last'))
    expect((await step).value).toBe('at last')
    expect(settled).toEqual([])
  })

  it('is not one that is read slowly', async () => {
    const { stream, gives, settled } = world()
    for (let count = 0; count < 5; count += 1) {
      gives(bytes('.'))
      expect((await stream.next()).value).toBe('.')
      await vi.advanceTimersByTimeAsync(READER_PATIENCE_MS * 0.9)
    }
    expect(settled).toEqual([])
  })
})

it('leaves nothing behind: no timer, and nothing on a signal that may live long', async () => {
  const { stream, gives, caller } = world()
  const before = getEventListeners(caller.signal, 'abort').length
  gives(null)
  await rest(stream)
  expect(getEventListeners(caller.signal, 'abort').length).toBe(before - 1)
  expect(vi.getTimerCount()).toBe(0)
})
