import { afterEach, describe, expect, it, vi } from 'vitest'
import { LimitTicket } from '../../../src/admission/ticket.ts'
import { EventReader, EventSummary } from '../../../src/execution/frame-reader.ts'
import { HeldStream } from '../../../src/execution/held-stream.ts'
import { Exchange } from '../../../src/gateway/exchange.ts'
import { SettledStream } from '../../../src/gateway/stages/settle-stream.ts'
import { StreamMeter } from '../../../src/money/stream-meter.ts'
import type { Meaning } from '../../conformance/meaning.ts'
import { judge, type Testimony } from './judge.ts'
import { problemLines } from './report.ts'
import type { StreamRow } from './rows.ts'
import { planStream } from './stream-plan.ts'
import { runStreams, type StreamsOptions } from './streams.ts'
import { PRICES } from './upstreams.ts'

/*
 * A judge who never says no proves nothing. Mistakes are planted in the gateway itself, and lies in what is known of streams: each must be found, and without them
 * nothing may be.
 */

afterEach(() => vi.restoreAllMocks())

const SEED = 5

/** What the judge says of some hundred streams in this process. */
async function found(more: Partial<StreamsOptions> = {}): Promise<string> {
  const report = await runStreams({
    seed: SEED,
    streams: 240,
    faces: ['fetch', 'library'],
    inFlight: 32,
    waitsUntil: 0,
    patienceMs: 4_000,
    mostProblems: 5,
    ...more,
  })
  return problemLines(report, SEED).join('\n')
}

/** Streams whose users have little money. */
function poor(): readonly number[] {
  return Array.from({ length: 4_000 }, (_, index) => index).filter(
    (index) => planStream(SEED, index, ['fetch', 'library']).isPoor,
  )
}

describe('finds in the gateway', () => {
  it('the success marker on a stream that broke', async () => {
    vi.spyOn(EventReader.prototype, 'complete', 'get').mockReturnValue(true)
    expect(await found()).toContain('a cut answer is shown as whole')
  })

  it('a whole stream that is told as a broken one', async () => {
    vi.spyOn(EventReader.prototype, 'complete', 'get').mockReturnValue(false)
    expect(await found()).toMatch(/the whole answer of turn \d is shown as/)
  })

  it('a place that is not given back by those who leave', async () => {
    const close = LimitTicket.prototype.close
    vi.spyOn(LimitTicket.prototype, 'close').mockImplementation(function (this: LimitTicket, use) {
      if (!use.attempts.some(({ tokens }) => tokens % 7 === 0)) close.call(this, use)
    })
    expect(await found()).toMatch(/holds \d+ places after its last stream/)
  })

  it('a caller who leaves and is never settled', async () => {
    vi.spyOn(SettledStream.prototype, 'return').mockResolvedValue({ done: true, value: undefined })
    expect(await found()).toContain('there are rows for none')
  })

  it('usage that is dropped', async () => {
    const note = EventSummary.prototype.note
    vi.spyOn(EventSummary.prototype, 'note').mockImplementation(function (this: EventSummary, event) {
      return event.type !== 'usage' && note.call(this, event)
    })
    expect(await found()).toContain('is called an estimate, and the provider had counted')
  })

  it('text that is dropped', async () => {
    const read = HeldStream.prototype.read
    vi.spyOn(HeldStream.prototype, 'read').mockImplementation(async function (this: HeldStream) {
      await read.call(this)
      return read.call(this)
    })
    expect(await found()).toContain('the whole answer differs')
  })

  it('an attempt without a row', async () => {
    const closed = Exchange.prototype.attemptClosed
    vi.spyOn(Exchange.prototype, 'attemptClosed').mockImplementation(function (this: Exchange, record) {
      if (record.status !== 'failed') closed.call(this, record)
    })
    expect(await found()).toMatch(/were asked, and there are rows for/)
  })

  it('a stream that is not ended when its money is', async () => {
    const pays = StreamMeter.prototype.pays
    vi.spyOn(StreamMeter.prototype, 'pays').mockImplementation(function (this: StreamMeter, ...seen) {
      pays.apply(this, seen)
      return true
    })
    expect(await found({ only: poor() })).toMatch(/beyond the limit of its user, and \d+ may be/)
  })

  it('a stream that is ended with the event that is too much, and not before it', async () => {
    const pays = StreamMeter.prototype.pays
    vi.spyOn(StreamMeter.prototype, 'pays').mockImplementation(function (this: StreamMeter, ...seen) {
      return pays.apply(this, seen) || this.takes(...seen)
    })
    expect(await found({ only: poor() })).toContain('beyond the limit of its user, and 0 may be')
  })

  it('a promise that nobody looks after', async () => {
    const read = HeldStream.prototype.fill
    vi.spyOn(HeldStream.prototype, 'fill').mockImplementation(async function (this: HeldStream) {
      void Promise.reject(new Error('planted'))
      return read.call(this)
    })
    expect(await found()).toContain('unhandled in this process: Error: planted')
  })
})

it('finds nothing where money runs out', async () => {
  expect(await found({ only: poor() })).toBe('')
})

describe('finds in what is known', () => {
  const lies: readonly (readonly [string, string, (known: Testimony) => Testimony])[] = [
    [
      'an answer that goes on with another one',
      'the whole answer differs: text',
      (known) => withText(known, (text) => (text === '' ? text : `${text}Two.`)),
    ],
    [
      'a part of another answer',
      'is not the beginning of any one answer',
      (known) => withText(known, (text) => text.replace('One.', 'Two.')),
    ],
    [
      'an error and the success marker together',
      'an error and the success marker in one stream',
      (known) => {
        const { stream, error } = known.heard.meaning
        return error && stream ? withMeaning(known, { stream: { ...stream, markers: 1 } }) : known
      },
    ],
    ['a reply that just ends', 'neither success nor error', (known) => withMeaning(known, { error: null })],
    [
      'a reply that breaks off',
      'the reply broke off',
      (known) => ({ ...known, heard: { ...known.heard, ended: 'broken' } }),
    ],
    [
      'a mark that is passed on',
      'the byte order mark of a provider',
      (known) => ({ ...known, heard: { ...known.heard, body: `: ping\n\uFEFF${known.heard.body}` } }),
    ],
    [
      'an error of our own',
      'an error of our own',
      (known) => {
        const { error } = known.heard.meaning
        return error ? withMeaning(known, { error: { ...error, code: 'internal' } }) : known
      },
    ],
    ['a fallback that was not asked', 'nobody took over', (known) => ({ ...known, sent: known.sent.slice(0, 1) })],
    ['a row too few', 'and there are rows for', (known) => ({ ...known, rows: known.rows.slice(1) })],
    ['a row too many', 'and there are rows for', (known) => ({ ...known, rows: [...known.rows, ...known.rows] })],
    [
      'a price that is wrong',
      'and its tokens are worth',
      (known) => withRows(known, ({ cost }) => ({ cost: cost - 1n })),
    ],
    [
      'tokens that are wrong',
      'and the provider',
      (known) => withRows(known, (row) => ({ outputTokens: row.outputTokens + 1, cost: row.cost + 10_000n })),
    ],
    [
      'a row that says completed',
      '(completed): its caller saw',
      (known) => withRows(known, () => ({ status: 'completed' })),
    ],
    [
      'a call that costs more than there is',
      'beyond the limit of its user, and 0 may be',
      (known) => {
        const change = ({ inputTokens }: StreamRow) => ({
          outputTokens: 600,
          cost: BigInt(inputTokens) * PRICES.input + 600n * PRICES.output,
          estimated: false,
          passed: false,
        })
        return known.plan.isPoor ? withRows(known, change) : known
      },
    ],
    ['a failure without its error', 'no error is named', (known) => withRows(known, () => ({ errorCode: null }))],
  ]

  it('nothing where nothing is wrong, and each kind of lie', async () => {
    const truth: Testimony[] = []
    const onTestimony = (known: Testimony) => {
      truth.push(known)
      return known
    }
    expect(await found({ onTestimony, patienceMs: 20_000 })).toBe('')
    const says = (lie: (known: Testimony) => Testimony) =>
      truth.flatMap((known) => judge(lie(known)).problems).join('\n')
    expect(says((known) => known)).toBe('')
    // A head that went out before anybody had answered names nobody.
    expect(truth.some((known) => judge(known).ending === 'partial' && known.rows.every(isFailed))).toBe(true)
    expect(says((known) => withHead(known, null))).toBe('')
    for (const [name, problem, lie] of lies) expect(says(lie), name).toContain(problem)
  })
})

function withMeaning(known: Testimony, change: Partial<Meaning>): Testimony {
  const { heard } = known
  return { ...known, heard: { ...heard, meaning: { ...heard.meaning, ...change } } }
}

function isFailed({ status }: StreamRow): boolean {
  return status === 'failed'
}

function withHead(known: Testimony, served: string | null): Testimony {
  const { plan, heard } = known
  return plan.face === 'library' ? known : { ...known, heard: { ...heard, served } }
}

function withText(known: Testimony, change: (text: string) => string): Testimony {
  const choices = known.heard.meaning.choices.map((choice) => ({ ...choice, text: change(choice.text) }))
  return withMeaning(known, { choices })
}

function withRows(known: Testimony, change: (row: StreamRow) => Partial<StreamRow>): Testimony {
  return { ...known, rows: known.rows.map((row) => ({ ...row, ...change(row) })) }
}
