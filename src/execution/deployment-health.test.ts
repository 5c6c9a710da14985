import { describe, expect, it } from 'vitest'
import type { Clock } from '../lib/clock.ts'
import { deploymentOf } from './attempt-world.contract.ts'
import type { BreakerSettings } from './circuit-breaker.ts'
import { DeploymentHealth, type NotNow } from './deployment-health.ts'
import { Lease, type Result } from './deployment-lease.ts'

const SETTINGS: BreakerSettings = { failures: 5, p95Ms: null, openForMs: 30_000 }

function world(settings: Partial<BreakerSettings> = {}) {
  const clock: Clock & { at: number } = { at: 1_000, now: () => clock.at + 1e12, monotonic: () => clock.at }
  const health = new DeploymentHealth({ clock, settings: () => ({ ...SETTINGS, ...settings }) })
  const one = deploymentOf('one/m')
  const leased = (deployment = one, anyway = false): Lease => {
    const lease = health.admit(deployment, anyway)
    if (lease instanceof Lease) return lease
    throw new Error('it was not let through')
  }
  const call = (result: Result, tookMs = 0) => {
    const lease = leased()
    clock.at += tookMs
    lease.answered()
    lease.end(result)
  }
  const notNow = (deployment = one, anyway = false): NotNow => {
    const lease = health.admit(deployment, anyway)
    if (lease instanceof Lease || lease instanceof Promise) throw new Error('it was let through')
    return lease
  }
  const times = (count: number, what: () => void) => {
    for (let time = 0; time < count; time += 1) what()
  }
  return { clock, health, one, leased, call, notNow, times }
}

describe('a deployment that fails', () => {
  it('is left alone after so many failures in a row, for its time; others are not', () => {
    const { clock, one, leased, call, notNow, times } = world()
    times(5, () => call('bad'))
    expect(notNow()).toMatchObject({ reason: 'circuit_open', retryAfterMs: 30_000 })
    leased(deploymentOf('one/other')).end('good')
    clock.at += 29_999
    expect(notNow().detail).toBe('one/m failed lately and is left alone for 1 s more')
    clock.at += 1
    const probe = leased()
    expect(probe.isProbe).toBe(true)
    for (let waiter = 0; waiter < 100; waiter += 1) expect(notNow(one, waiter % 2 === 0).reason).toBe('circuit_open')
    probe.answered()
    leased().end('good')
  })

  it('is also left alone when half of many calls fail, though never many in a row', () => {
    const { call, notNow, times } = world()
    times(10, () => {
      call('good')
      call('bad')
    })
    expect(notNow().reason).toBe('circuit_open')
  })

  it('is called on when a few of many fail, or failures are long ago', () => {
    const { clock, leased, call, times } = world()
    times(9, () => {
      call('bad')
      call('good')
    })
    clock.at += 60_000
    times(4, () => call('bad'))
    leased()
  })

  it('is not blamed for callers who left, for its limits and for what was wrong with the call', () => {
    const { leased, call, times } = world()
    times(1000, () => call('nothing'))
    times(100, () => call('limited'))
    leased()
  })

  it('stays so when a call that began before the outage ends well in it', () => {
    const { leased, call, notNow, times } = world()
    const old = leased()
    times(5, () => call('bad'))
    old.answered()
    old.end('good')
    expect(notNow().reason).toBe('circuit_open')
  })

  it('is tried before its time when there is nobody else, by one call at a time, and well again with that', () => {
    const { one, leased, call, notNow, times } = world()
    times(5, () => call('bad'))
    const probe = leased(one, true)
    expect(notNow(one, true)).toMatchObject({ retryAfterMs: 1_000 })
    probe.end('bad')
    const next = leased(one, true)
    next.answered()
    leased()
  })

  it('is found well by a probe that takes longer than its lease, while others are kept away', () => {
    const { clock, leased, call, notNow, times } = world()
    times(5, () => call('bad'))
    clock.at += 30_000
    const probe = leased()
    for (let minute = 0; minute < 5; minute += 1) {
      clock.at += 60_000
      notNow()
    }
    probe.answered()
    probe.end('good')
    expect(leased().isProbe).toBe(false)
  })

  it('that keeps a probe for longer than ten minutes is given another', () => {
    const { clock, leased, call, times } = world()
    times(5, () => call('bad'))
    clock.at += 30_000
    leased()
    clock.at += 700_000
    expect(leased().isProbe).toBe(true)
  })

  it('is probed by the next call when the caller of the probe left', () => {
    const { one, leased, call, times } = world()
    times(5, () => call('bad'))
    leased(one, true).end('nothing')
    expect(leased().isProbe).toBe(true)
  })
})

describe('a deployment that is slow', () => {
  it('is left alone when more than one in twenty answers begin later than the threshold', () => {
    const { call, notNow, times } = world({ p95Ms: 800 })
    times(19, () => call('good', 500))
    call('good', 900)
    call('good', 900)
    expect(notNow().reason).toBe('circuit_open')
  })

  it('is not when it is one in twenty, and never when no threshold is set', () => {
    const some = world({ p95Ms: 800 })
    some.call('good', 900)
    some.times(19, () => some.call('good', 500))
    some.leased()
    const none = world()
    none.times(30, () => none.call('good', 100_000))
    none.leased()
  })
})

describe('a deployment that has no room', () => {
  it('is left alone for as long as its provider said, unless there is nobody else; that is no failure', () => {
    const { clock, health, one, leased, notNow } = world()
    leased().end('limited', 7_000)
    expect(notNow()).toMatchObject({ reason: 'saturated', retryAfterMs: 7_000 })
    expect(leased(one, true).isProbe).toBe(false)
    clock.at += 6_979
    notNow()
    // A timer that waits for the end may fire a moment early.
    clock.at += 2
    leased().end('good')
    expect(health.breakers()).toMatchObject([{ state: 'closed', failures: 0 }])
  })

  it('has no more than so many calls at once over all models of its provider; each gives its place back once', () => {
    const { health, one, notNow, leased } = world()
    const bounded = (id: string) => {
      const deployment = deploymentOf(id)
      return { ...deployment, endpoint: { ...deployment.endpoint, maxConcurrency: 2 } }
    }
    const [first, second] = [leased(bounded('one/a')), leased(bounded('one/b'))]
    expect(notNow(bounded('one/c'), true)).toMatchObject({ reason: 'saturated' })
    first.end('good')
    first.end('good')
    leased(bounded('one/c'))
    expect(health.admit(bounded('one/a'))).not.toBeInstanceOf(Lease)
    second.end('nothing')
    leased(bounded('one/a'))
    leased(one)
  })
})

describe('what operators see', () => {
  it('is the breaker of every deployment that was called, in wall time', () => {
    const { clock, health, leased, call, times } = world()
    times(5, () => call('bad'))
    leased(deploymentOf('two/m')).end('bad')
    leased(deploymentOf('three/m')).end('good')
    const at = clock.now()
    expect(health.breakers()).toEqual([
      { deployment: 'one/m', state: 'open', failures: 5, openedAt: at, retryAt: at + 30_000, isShared: false },
      { deployment: 'two/m', state: 'closed', failures: 1, openedAt: null, retryAt: null, isShared: false },
      { deployment: 'three/m', state: 'closed', failures: 0, openedAt: null, retryAt: null, isShared: false },
    ])
  })
})
