import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Clock } from '../../lib/clock.ts'
import { CredentialFailure } from './authenticator.ts'
import { type Issued, TokenCache } from './token-cache.ts'

const MINUTE = 60_000

/** A clock that is turned by hand; wall and steady time may part. */
class HandClock implements Clock {
  wall = Date.UTC(2026, 0, 2)
  steady = 0
  now = () => this.wall
  monotonic = () => this.steady
  pass(ms: number): void {
    this.wall += ms
    this.steady += ms
  }
}

let clock: HandClock
let asked: { resolve(token: Issued<string>): void; reject(error: unknown): void }[]
let tokens: TokenCache<string>

beforeEach(() => {
  clock = new HandClock()
  asked = []
  tokens = new TokenCache(() => new Promise((resolve, reject) => asked.push({ resolve, reject })), clock)
})
afterEach(() => vi.useRealTimers())

/** Answers the newest request for a token. */
async function issue(value: string, lifeMs: number | null): Promise<void> {
  asked.at(-1)?.resolve({ value, expiresAt: lifeMs === null ? null : clock.now() + lifeMs })
  await new Promise(setImmediate)
}

async function fail(error: unknown = new Error('down')): Promise<void> {
  asked.at(-1)?.reject(error)
  await new Promise(setImmediate)
}

async function hold(value: string, lifeMs: number | null): Promise<void> {
  void tokens.get()
  await issue(value, lifeMs)
  expect(tokens.get()).toBe(value)
}

describe('a token that is issued for a time', () => {
  it('is fetched once for all who wait for it, and then given at once', async () => {
    const waiting = [tokens.get(), tokens.get(), tokens.get()]
    expect(asked).toHaveLength(1)
    await issue('one', 60 * MINUTE)
    expect(await Promise.all(waiting)).toEqual(['one', 'one', 'one'])
    expect(tokens.get()).toBe('one')
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['an hour: five minutes before its end', 60, 55],
    ['ten minutes: after four fifths', 10, 8],
    ['a day: five minutes before its end', 24 * 60, 24 * 60 - 5],
  ])('of %s, is renewed while calls go on with the old one', async (_life, lifeMinutes, dueMinutes) => {
    await hold('one', lifeMinutes * MINUTE)
    clock.pass(dueMinutes * MINUTE - 1)
    expect(tokens.get()).toBe('one')
    expect(asked).toHaveLength(1)
    clock.pass(1)
    expect([tokens.get(), tokens.get(), tokens.get()]).toEqual(['one', 'one', 'one'])
    expect(asked).toHaveLength(2)
    await issue('two', lifeMinutes * MINUTE)
    expect(tokens.get()).toBe('two')
    expect(asked).toHaveLength(2)
  })

  it('stays in use when renewing fails, is asked for again a little later, and not with every call', async () => {
    await hold('one', 60 * MINUTE)
    clock.pass(56 * MINUTE)
    tokens.get()
    await fail()
    expect([tokens.get(), tokens.get()]).toEqual(['one', 'one'])
    expect(asked).toHaveLength(2)
    clock.pass(10_000)
    expect(tokens.get()).toBe('one')
    expect(asked).toHaveLength(3)
    await issue('two', 60 * MINUTE)
    expect(tokens.get()).toBe('two')
  })

  it('is not asked for with every call when the issuer hands out the old one again', async () => {
    await hold('one', 60 * MINUTE)
    clock.pass(58 * MINUTE)
    tokens.get()
    await issue('one', 2 * MINUTE)
    for (let call = 0; call < 5; call += 1) expect(tokens.get()).toBe('one')
    expect(asked).toHaveLength(2)
  })

  it('is not sent any more shortly before its end: calls wait for a new one', async () => {
    await hold('one', 60 * MINUTE)
    clock.pass(60 * MINUTE - 10_000)
    const waiting = tokens.get()
    expect(waiting).toBeInstanceOf(Promise)
    await issue('two', 60 * MINUTE)
    expect(await waiting).toBe('two')
  })

  it('ends in time when the wall clock is set back, and after a sleep that the steady clock did not see', async () => {
    await hold('one', 60 * MINUTE)
    clock.wall -= 5 * 60 * MINUTE
    clock.steady += 60 * MINUTE
    expect(tokens.get()).toBeInstanceOf(Promise)
    await issue('two', 60 * MINUTE)
    clock.wall += 61 * MINUTE
    const waiting = tokens.get()
    expect(waiting).toBeInstanceOf(Promise)
    await issue('three', 60 * MINUTE)
    expect(await waiting).toBe('three')
  })

  it('without an end is looked at again from time to time, and kept when nothing new comes', async () => {
    await hold('one', null)
    clock.pass(10 * MINUTE)
    expect(tokens.get()).toBe('one')
    expect(asked).toHaveLength(2)
    await fail()
    clock.pass(1_000 * MINUTE)
    expect(tokens.get()).toBe('one')
  })
})

describe('a token that cannot be had', () => {
  it('is a CredentialFailure for all who wait, with the reason behind it', async () => {
    const waiting = Promise.allSettled([tokens.get(), tokens.get()])
    await fail(new Error('secret host unknown'))
    for (const each of await waiting) {
      expect(each).toMatchObject({ status: 'rejected', reason: { name: 'CredentialFailure' } })
      expect((each as PromiseRejectedResult).reason.message).not.toContain('host')
      expect((each as PromiseRejectedResult).reason.cause.message).toBe('secret host unknown')
    }
  })

  it('is not asked for by every call, and asked for again after a moment', async () => {
    const first = expect(tokens.get()).rejects.toThrow('No.')
    await fail(new CredentialFailure('No.'))
    await first
    await expect(tokens.get()).rejects.toThrow('No.')
    expect(asked).toHaveLength(1)
    clock.pass(1_000)
    const next = tokens.get()
    await issue('one', 60 * MINUTE)
    expect(await next).toBe('one')
  })

  it('because its issuer is silent is given up in the end, and can be asked for again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const waiting = Promise.resolve(tokens.get())
    waiting.catch(() => undefined)
    await vi.advanceTimersByTimeAsync(15_000)
    await expect(waiting).rejects.toThrow('No credential was issued within 15 s.')
    clock.pass(1_000)
    const next = tokens.get()
    expect(asked).toHaveLength(2)
    await issue('one', 60 * MINUTE)
    expect(await next).toBe('one')
    expect(vi.getTimerCount()).toBe(0)
  })
})
