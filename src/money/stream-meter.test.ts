import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Amounts, NO_AMOUNTS, plusAmounts, wholeUnits } from '../canonical/amounts.ts'
import type { Usage } from '../canonical/usage.ts'
import { deployment, modelPrice } from './money.contract.ts'
import { createPricing } from './pricing.ts'
import type { CallSize, Reservation } from './reservation.ts'
import { type MeterAsk, StreamMeter } from './stream-meter.ts'

const pricing = createPricing()
const DEPLOYMENT = deployment(modelPrice())
const PROMPT = 10

/** What a prompt of ten tokens and so many of output can use. */
function needs(outputTokens: number, inputTokens = PROMPT): Amounts {
  const usd = pricing.bound(DEPLOYMENT, { inputTokens, maxOutputTokens: outputTokens }) ?? 0n
  return { usd, tokens: wholeUnits(inputTokens + outputTokens), requests: 0n }
}

/** A stream that holds for `first` tokens of a budget that has money for `left` more. */
function world(first: number, left: number, change: Partial<MeterAsk> = {}, when: 'now' | 'later' = 'now') {
  let held = needs(first)
  let rest = left
  const asked: number[] = []
  const noted: CallSize[] = []
  const answers: (() => void)[] = []
  const tokensOf = ({ tokens }: Amounts): number => Number(tokens / wholeUnits(1)) - PROMPT
  const reservation: Pick<Reservation, 'held' | 'topUp'> = {
    get held() {
      return held
    },
    topUp(more) {
      const tokens = tokensOf(more) + PROMPT
      asked.push(tokens)
      const take = (): boolean => {
        if (tokens > rest) return false
        rest -= tokens
        held = plusAmounts(held, more)
        return true
      }
      if (when === 'now') return take()
      return new Promise((resolve) => answers.push(() => resolve(take())))
    },
  }
  const left_ = new AbortController()
  const meter = new StreamMeter({
    deployment: DEPLOYMENT,
    inputTokens: PROMPT,
    capTokens: 10_000,
    firstTokens: first,
    scale: { upper: 4, fair: 4, learned: true, singles: false },
    ceiling: null,
    before: NO_AMOUNTS,
    reservation,
    pricing,
    signal: left_.signal,
    note: (size) => void noted.push(size),
    ...change,
  })
  let [events, bytes, toolCalls] = [0, 0, 0]
  return {
    meter,
    asked,
    noted,
    leave: () => left_.abort(new Error('gone')),
    heldTokens: () => tokensOf(held),
    async answer() {
      for (const one of answers.splice(0)) one()
      await new Promise(setImmediate)
    },
    /** One event of so many tokens, at four bytes each. */
    event(tokens = 1, said: Usage | null = null, calls = 0) {
      events += 1
      bytes += tokens * 4
      toolCalls += calls
      return meter.pays(events, bytes, toolCalls, said)
    },
    /** Events of this size until one is not paid for, or there were so many; waits for money as a stream does. Gives the tokens that came. */
    async stream(tokens: number, count: number) {
      for (let at = 1; at <= count; at += 1) {
        if (this.event(tokens) || (await meter.more())) continue
        return at * tokens
      }
      return count * tokens
    },
  }
}

describe('a stream within what it holds', () => {
  it('asks for nothing', async () => {
    const { stream, asked, noted, meter, ...rest } = world(200, 10_000)
    expect(await { stream, ...rest, meter }.stream(1, 180)).toBe(180)
    expect({ asked, noted, used: meter.used }).toEqual({ asked: [], noted: [], used: 180 })
  })
})

describe('a stream that needs more', () => {
  it('asks shortly before, each time for twice as much, up to the cap, and notes it before it is used', async () => {
    const one = world(100, 100_000, { capTokens: 1000 })
    expect(await one.stream(1, 1000)).toBe(1000)
    expect(one.asked).toEqual([50, 100, 200, 400, 150])
    expect(one.noted.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([150, 250, 450, 850, 1000])
    expect(one.heldTokens()).toBe(1000)
  })

  it('runs on while it waits for the answer, as long as there is room', async () => {
    const one = world(100, 100_000, {}, 'later')
    for (let at = 0; at < 99; at += 1) expect([at, one.event()]).toEqual([at, true])
    expect(one.asked).toEqual([50])
    expect(one.event()).toBe(false)
    const more = one.meter.more()
    await one.answer()
    expect(await more).toBe(true)
    expect(one.event()).toBe(true)
    expect(one.asked).toEqual([50])
  })

  it('asks for less when that was too much, and uses what is left', async () => {
    const one = world(100, 40)
    const came = await one.stream(1, 1000)
    expect(one.asked[0]).toBe(50)
    expect(came).toBeGreaterThan(120)
    expect(came).toBeLessThanOrEqual(141)
  })

  it('asks early when its events are large', async () => {
    const one = world(1000, 100_000, {}, 'later')
    for (let at = 1; at <= 6; at += 1) expect(one.event(100)).toBe(true)
    expect(one.asked).toEqual([500])
  })

  it('is over when there is none, before what it holds is passed: only an event larger than all before it can do that', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 0, max: 3000 }),
        fc.constantFrom<'now' | 'later'>('now', 'later'),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 200 }),
        async (first, left, when, sizes) => {
          const one = world(first, left, {}, when)
          let came = 0
          let largest = 0
          for (const tokens of sizes) {
            came += tokens
            const isLargest = tokens > largest
            largest = Math.max(largest, tokens)
            let paid = one.event(tokens)
            if (!paid) {
              const more = one.meter.more()
              for (let turn = 0; turn < 6; turn += 1) await one.answer()
              paid = await more
            }
            expect(one.meter.used).toBe(came)
            expect(came + largest <= one.heldTokens()).toBe(paid)
            if (paid) continue
            expect(came - (isLargest ? tokens : 0)).toBeLessThanOrEqual(one.heldTokens())
            // What was used is held for, as far as there is money.
            if (came <= first + left) expect(one.heldTokens()).toBeGreaterThanOrEqual(came)
            // Nothing worth having is left.
            expect(left - (one.heldTokens() - first)).toBeLessThan(came + largest - one.heldTokens())
            return
          }
        },
      ),
    )
  })

  it('is over before a call that is like one it has had would be too much', () => {
    const one = world(150, 0)
    expect(one.event(10, null, 1)).toBe(true)
    while (one.event());
    expect(one.meter.used).toBe(93)
  })

  it('has used no more than it holds while it waits for money, whoever leaves meanwhile', async () => {
    const one = world(100, 100_000, {}, 'later')
    while (one.event(7));
    const more = one.meter.more()
    one.leave()
    await expect(more).rejects.toThrow('gone')
    expect(one.meter.usage().outputText).toBe(98)
  })

  it('takes what came before it was hung up as far as that is paid for, and what is not changes nothing', () => {
    const one = world(100, 0)
    for (let at = 0; at < 9; at += 1) expect(one.event(10)).toBe(true)
    expect(one.event(1)).toBe(false)
    expect(one.meter.takes(11, 95 * 4, 0, null)).toBe(true)
    expect(one.meter.takes(12, 101 * 4, 0, null)).toBe(false)
    expect(one.meter.used).toBe(95)
    expect(one.meter.takes(12, 100 * 4, 0, null)).toBe(true)
    expect(one.meter.usage().outputText).toBe(100)
  })
})

describe('small events, as long as nothing better is known,', () => {
  const guessing = { scale: { upper: 3, fair: 4, learned: false, singles: true } }

  it('are single tokens, and large ones are not', () => {
    const one = world(100, 0, guessing)
    for (let at = 0; at < 99; at += 1) expect(one.event()).toBe(true)
    expect(one.event()).toBe(false)
    expect(one.meter.used).toBe(100)
    const other = world(100, 0, guessing)
    expect(other.event(30)).toBe(true)
    expect(other.meter.used).toBe(40)
  })

  it('stay single tokens when a large one comes', () => {
    const one = world(200, 0, guessing)
    for (let at = 0; at < 100; at += 1) expect(one.event(2)).toBe(true)
    expect(one.event(30)).toBe(true)
    expect(one.meter.used).toBe(140)
    expect(one.event(30)).toBe(false)
    expect(one.meter.used).toBe(180)
  })
})

describe('a stream that holds its whole cap', () => {
  it('is not cut for a rough count', async () => {
    // 80 tokens as a provider counts them, eight bytes each: twice as many as four bytes a token make.
    const one = world(80, 0, { capTokens: 80, scale: { upper: 3, fair: 4, learned: false, singles: false } })
    for (let at = 0; at < 80; at += 1) expect(one.event(2)).toBe(true)
    expect(one.asked).toEqual([])
    expect(one.meter.used).toBe(80)
  })

  it('is over with the first event beyond its cap, money or not', async () => {
    const one = world(80, 100_000, { capTokens: 80 })
    expect(await one.stream(1, 800)).toBe(81)
    expect(one.asked).toEqual([])
  })

  it('goes on to twice the cap while there is money when only its bytes are too many, and never past a ceiling', async () => {
    const large = (left: number, change: Partial<MeterAsk> = {}) =>
      world(100, left, { capTokens: 100, ...change }).stream(10, 100)
    expect(await large(0)).toBe(110)
    expect(await large(100_000)).toBe(200)
    expect(await large(100_000, { ceiling: needs(100).usd })).toBe(110)
    expect(await large(100_000, { ceiling: needs(140).usd })).toBe(140)
  })
})

describe('what the provider says while it streams', () => {
  it('counts instead of the estimate, and the rest is estimated from there', () => {
    const one = world(100, 0)
    expect(one.event(40)).toBe(true)
    expect(one.event(70, { inputUncached: 10, outputText: 30 })).toBe(true)
    expect(one.meter.used).toBe(30)
    expect(one.event(60, { inputUncached: 10, outputText: 30 })).toBe(true)
    const said = { inputUncached: 10, outputText: 30, reasoning: 5 }
    one.event(1, said)
    one.event(4, said)
    expect(one.meter.usage()).toEqual({ inputUncached: 10, outputText: 34, reasoning: 5 })
  })

  it('of a prompt that is longer than thought leaves less for the answer, and is noted', async () => {
    const one = world(100, 0)
    expect(one.event(1, { inputUncached: 60 })).toBe(true)
    expect(one.noted).toEqual([{ inputTokens: 60, maxOutputTokens: 100 }])
    expect(await one.stream(1, 100)).toBeLessThan(60)
    expect(one.meter.usage()).toMatchObject({ inputUncached: 60 })
  })

  it('is nothing, as a rule: then the prompt is what it was estimated to be, and the answer a fair guess', () => {
    const one = world(100, 0, { scale: { upper: 2, fair: 4, learned: false, singles: false } })
    one.event(7)
    expect(one.meter.used).toBe(14)
    expect(one.meter.usage()).toEqual({ inputUncached: PROMPT, outputText: 7 })
  })
})

it('a tool call weighs more than its text', () => {
  const one = world(130, 0)
  expect(one.event(10, null, 1)).toBe(true)
  expect(one.meter.used).toBe(58)
  expect(one.event(10, null, 1)).toBe(false)
  expect(one.meter.used).toBe(116)
})

it('what earlier attempts used is not there any more', async () => {
  const one = world(100, 0, { before: { usd: needs(40, 0).usd, tokens: wholeUnits(40), requests: 0n } })
  expect(await one.stream(1, 100)).toBe(60)
})

it('a quota of tokens ends a stream like money does', async () => {
  const free = deployment(modelPrice({ input: 0n, output: 0n }))
  const one = world(100, 0, { deployment: free })
  expect(await one.stream(1, 1000)).toBe(100)
})

it('money that cannot be noted is not used', async () => {
  const one = world(100, 100_000, {
    note: () => {
      throw new Error('the disk is full')
    },
  })
  expect(await one.stream(1, 1000)).toBe(100)
})

it('a stream that has used up its money does not wait for long', async () => {
  const one = world(10, 100_000, {}, 'later')
  while (one.event());
  expect(await one.meter.more()).toBe(false)
})

it('whoever waits for money learns that the caller left', async () => {
  const one = world(10, 100_000, {}, 'later')
  while (one.event());
  const more = one.meter.more()
  one.leave()
  await expect(more).rejects.toThrow('gone')
})
