import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Clock } from '../lib/clock.ts'
import { breakerBoardContract } from '../storage/contracts/breaker-board.contract.ts'
import { MemoryBoard } from '../storage/contracts/memory-board.contract.ts'
import { deploymentOf } from './attempt-world.contract.ts'
import { BoardLine } from './board-line.ts'
import { LEASE_MS } from './circuit-breaker.ts'
import { DeploymentHealth, type NotNow } from './deployment-health.ts'
import { Lease } from './deployment-lease.ts'

/*
 * Instances that share the breakers of their deployments through a board, which hangs, is gone, forgets and comes back. The clock is turned by hand.
 */

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('a board in memory, with which the rest is tested', () =>
  breakerBoardContract(async () => {
    const time = { nowMs: 1_000_000 }
    return { board: new MemoryBoard(() => time.nowMs), time }
  }))

const SETTINGS = { failures: 3, p95Ms: null, openForMs: 30_000 }
const PATIENCE_MS = 50
const one = deploymentOf('one/m')

class Instance {
  readonly log = { info: vi.fn(), warn: vi.fn() }
  readonly health: DeploymentHealth
  readonly #clock: Clock

  constructor(board: MemoryBoard, clock: Clock) {
    this.#clock = clock
    const line = new BoardLine({ board, log: this.log, patienceMs: PATIENCE_MS, everyMs: null })
    this.health = new DeploymentHealth({ clock, settings: () => SETTINGS, line })
  }

  async open(): Promise<this> {
    await this.#inTime(this.health.open())
    return this
  }

  look(): Promise<void> {
    return this.#inTime(Promise.race([this.health.look(), given(1_100)]))
  }

  async admit(anyway = false, deployment = one): Promise<Lease | NotNow> {
    return this.#inTime(Promise.resolve(this.health.admit(deployment, anyway)))
  }

  async leased(anyway = false, deployment = one): Promise<Lease> {
    const lease = await this.admit(anyway, deployment)
    if (lease instanceof Lease) return lease
    throw new Error(lease.detail)
  }

  async fail(times = 3): Promise<void> {
    for (let time = 0; time < times; time += 1) (await this.leased()).end('bad')
    await settled()
  }

  get state() {
    return this.health.breakers().find(({ deployment }) => deployment === one.id)?.state
  }

  get now(): number {
    return this.#clock.monotonic()
  }

  /** What may have to wait for a board that does not answer. */
  async #inTime<Value>(promise: Promise<Value>): Promise<Value> {
    let done = false
    const ended = promise.finally(() => {
      done = true
    })
    await settled()
    while (!done) await vi.advanceTimersByTimeAsync(PATIENCE_MS)
    return ended
  }
}

/** Longer than a look may take. */
function given(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Whatever was answered has arrived. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
}

async function world(count: number) {
  const clock: Clock & { at: number } = { at: 1_000, now: () => clock.at + 1e12, monotonic: () => clock.at }
  const board = new MemoryBoard(() => clock.at + 5_000_000)
  const open = () => new Instance(board, clock).open()
  const instances = await Promise.all(Array.from({ length: count }, open))
  const [a, b] = instances
  if (!a || !b) throw new Error('too few')
  const look = () => Promise.all(instances.map((instance) => instance.look()))
  return { clock, board, open, instances, a, b, look }
}

const isProbe = (lease: Lease | NotNow) => lease instanceof Lease && lease.isProbe

describe('what one instance finds out', () => {
  it('the others know with their next look: the deployment is ejected, and later well again', async () => {
    const { clock, a, b, look } = await world(2)
    await a.fail()
    expect(await b.admit()).toBeInstanceOf(Lease)
    await look()
    expect(await b.admit()).toMatchObject({ reason: 'circuit_open', retryAfterMs: 30_000 })
    clock.at += 30_000
    const probe = await b.leased()
    await look()
    expect(await a.admit()).toMatchObject({ reason: 'circuit_open', retryAfterMs: 1_000 })
    probe.answered()
    await settled()
    await look()
    expect(await a.admit()).toBeInstanceOf(Lease)
    expect(a.state).toBe('closed')
  })

  it('is asked of nobody while a deployment is well: no post, and looks are not waited for', async () => {
    const { board, a } = await world(2)
    board.hang()
    const looks = board.looks
    for (let time = 0; time < 1_000; time += 1) {
      const lease = a.health.admit(one)
      if (!(lease instanceof Lease)) throw new Error('it was not let through at once')
      lease.answered()
      lease.end(time % 3 === 0 ? 'bad' : 'good')
    }
    expect([board.posts, board.looks]).toEqual([0, looks])
  })

  it('is known to an instance that starts, before its first call', async () => {
    const { a, open } = await world(2)
    await a.fail()
    const late = await open()
    expect(late.state).toBe('open')
    expect(await late.admit()).toMatchObject({ reason: 'circuit_open' })
  })

  it('lengthens ejections for all: they grow wherever the probes fail', async () => {
    const { clock, a, instances, look } = await world(4)
    await a.fail()
    const lengths: number[] = []
    for (let time = 0; time < 5; time += 1) {
      await look()
      const prober = instances[time % instances.length] ?? a
      const refused = await prober.admit()
      lengths.push('retryAfterMs' in refused ? refused.retryAfterMs : 0)
      clock.at += lengths.at(-1) ?? 0
      const probe = await prober.leased()
      probe.end('bad')
      await settled()
    }
    expect(lengths).toEqual([30_000, 30_000, 60_000, 120_000, 240_000])
  })

  it('of a provider that has no room is told to all, and ends for all', async () => {
    const { clock, a, b, look } = await world(2)
    ;(await a.leased()).end('limited', 7_000)
    await look()
    await look()
    expect(await b.admit()).toMatchObject({ reason: 'saturated', retryAfterMs: 7_000 })
    clock.at += 7_000
    expect(await b.admit()).toBeInstanceOf(Lease)
  })
})

describe('the probe', () => {
  it.each([false, true])(
    'is one among all instances, however many calls wait (with nobody else left: %s)',
    async (anyway) => {
      const { clock, a, instances, look } = await world(4)
      await a.fail()
      await look()
      if (!anyway) clock.at += 30_000
      const waiting = instances.flatMap((instance) => Array.from({ length: 25 }, () => instance.admit(anyway)))
      const outcomes = await Promise.all(waiting)
      expect(outcomes.filter(isProbe)).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome instanceof Lease)).toHaveLength(1)
    },
  )

  it('goes when the board has said yes, whatever else it says in the same moment', async () => {
    const { clock, board, a, look } = await world(2)
    await a.fail()
    await look()
    clock.at += 30_000
    board.hang()
    const asked = a.health.admit(one)
    const looked = a.health.look()
    clock.at += 1
    board.comeBack()
    await looked
    expect(isProbe(await asked)).toBe(true)
  })

  it('is not taken back by a look that was answered before it, and is heard of after it', async () => {
    const { clock, board, a, look } = await world(2)
    await a.fail()
    await look()
    clock.at += 30_000
    // Another deployment has news, so that the look shows everything.
    board.hang()
    for (let time = 0; time < 3; time += 1) (await a.leased(false, deploymentOf('one/other'))).end('bad')
    const looked = a.health.look()
    const asked = a.health.admit(one)
    board.comeBack()
    await looked
    const probe = await asked
    expect(isProbe(probe)).toBe(true)
    await look()
    expect(a.state).toBe('half-open')
    if (probe instanceof Lease) probe.answered()
    await settled()
    await look()
    expect(a.state).toBe('closed')
  })

  it('goes to another instance when the one that has it died, and not before its lease lapses', async () => {
    const { clock, a, b, look } = await world(2)
    await a.fail()
    await look()
    clock.at += 30_000
    expect(isProbe(await a.admit())).toBe(true)
    await b.look()
    clock.at += LEASE_MS - 1
    expect(await b.admit(true)).toMatchObject({ reason: 'circuit_open' })
    clock.at += 1
    expect(isProbe(await b.admit())).toBe(true)
  })

  it('keeps its lease while it is on its way, however long its provider thinks', async () => {
    const { clock, a, b, look } = await world(2)
    await a.fail()
    await look()
    clock.at += 30_000
    const probe = await a.leased()
    for (let look = 0; look < 20; look += 1) {
      clock.at += 20_000
      await a.look()
      await b.look()
      expect(await b.admit(true)).toMatchObject({ reason: 'circuit_open' })
    }
    probe.answered()
    await settled()
    await b.look()
    expect([a.state, b.state]).toEqual(['closed', 'closed'])
  })

  it('is the next call when its caller left, on whichever instance', async () => {
    const { clock, a, b, look } = await world(2)
    await a.fail()
    await look()
    clock.at += 30_000
    ;(await a.leased()).end('nothing')
    await settled()
    await b.look()
    expect(isProbe(await b.admit())).toBe(true)
  })

  it('that has the answer to a lease which lapsed closes nothing', async () => {
    const { clock, a, b, look } = await world(2)
    await a.fail()
    await look()
    clock.at += 30_000
    const lost = await a.leased()
    await b.look()
    clock.at += LEASE_MS
    const other = await b.leased()
    lost.answered()
    await settled()
    expect([a.state, b.state]).toEqual(['half-open', 'half-open'])
    other.end('bad')
    await settled()
    await look()
    expect([a.state, b.state]).toEqual(['open', 'open'])
  })
})

describe('a call that began before', () => {
  it('closes nothing with its late success, on whichever instance it runs', async () => {
    const { a, b, look } = await world(2)
    const old = await b.leased()
    await a.fail()
    old.answered()
    old.end('good')
    await settled()
    await look()
    expect([a.state, b.state]).toEqual(['open', 'open'])
    const older = await b.admit()
    expect(older).not.toBeInstanceOf(Lease)
  })

  it('and fails late opens nothing that is well again', async () => {
    const { clock, a, b, look } = await world(2)
    const old = await Promise.all([b.leased(), b.leased(), b.leased()])
    await a.fail()
    clock.at += 30_000
    ;(await a.leased()).answered()
    await settled()
    await look()
    for (const lease of old) lease.end('bad')
    await settled()
    await look()
    expect([a.state, b.state]).toEqual(['closed', 'closed'])
  })
})

describe('a board that is away', () => {
  it.each(['hang', 'vanish'] as const)(
    '(%s) is not waited for: each instance decides by itself, and says so once',
    async (how) => {
      const { clock, board, a, b, look } = await world(2)
      board[how]()
      await look()
      await a.fail()
      expect(await a.admit()).toMatchObject({ reason: 'circuit_open' })
      expect(await b.admit()).toBeInstanceOf(Lease)
      clock.at += 30_000
      const probe = a.health.admit(one)
      const granted = await probe
      expect(isProbe(granted)).toBe(true)
      expect(a.health.condition()).toEqual({ store: 'redis', state: 'away' })
      expect(a.health.breakers()).toMatchObject([{ isShared: false }])
      expect(a.log.warn).toHaveBeenCalledTimes(1)
      board.comeBack()
      await look()
      await look()
      expect(a.health.condition()).toEqual({ store: 'redis', state: 'ok' })
      expect(a.log.info).toHaveBeenCalledTimes(1)
      expect(a.health.breakers()).toMatchObject([{ isShared: true }])
    },
  )

  it('in the moment of a probe costs its call the patience once, and no more', async () => {
    const { clock, board, a, b, look } = await world(2)
    await a.fail()
    await look()
    clock.at += 30_000
    board.hang()
    const [first, second] = [await a.leased(), await b.leased()]
    expect([first.isProbe, second.isProbe]).toEqual([true, true])
    expect([a, b].map(({ health }) => health.condition().state)).toEqual(['away', 'away'])
    // What was asked for is done all the same now; one of them has to give way to the other, and nothing is stuck.
    board.comeBack()
    await settled()
    await look()
    await look()
    expect([a.state, b.state]).toEqual(['half-open', 'half-open'])
    second.end('bad')
    await settled()
    expect(b.state).toBe('half-open')
    first.answered()
    await settled()
    await look()
    expect([a.state, b.state]).toEqual(['closed', 'closed'])
  })

  it('is told what happened meanwhile when it is back; who comes second takes over what is there', async () => {
    const { board, a, b, look } = await world(2)
    board.vanish()
    await look()
    await a.fail()
    board.comeBack()
    await look()
    await look()
    expect([a.state, b.state]).toEqual(['open', 'open'])
  })

  it('and lost its memory learns it again from whoever knows', async () => {
    const { board, a, b, open, look } = await world(2)
    await a.fail()
    await look()
    board.forget()
    await look()
    await look()
    const late = await open()
    expect([a.state, b.state, late.state]).toEqual(['open', 'open', 'open'])
  })

  it('when an instance starts does not keep it from starting', async () => {
    const { board, open } = await world(2)
    board.hang()
    const late = await open()
    expect(await late.admit()).toBeInstanceOf(Lease)
    expect(late.health.condition().state).toBe('away')
  })
})
