import { setTimeout as sleep } from 'node:timers/promises'
import { type MadeCall, makeCall, type PlannedCall } from './call.ts'
import type { Chance } from './chance.ts'
import type { GatewayProcess } from './gateway-process.ts'

/** Callers that never rest: each makes one call after another, at any gateway that listens. */
export interface LoadOptions {
  readonly gateways: readonly GatewayProcess[]
  readonly key: string
  readonly chance: Chance
  readonly callers: number
  /** The most calls of one cycle; then callers wait for its end. */
  readonly mostCalls: number
}

const PAUSE_MS = [2, 20] as const
const MODELS = ['first', 'first', 'second', 'safe'] as const
/** Few enough that the money of a user of one cycle runs out. */
const NAMED_USERS = 0.2
const LEAVERS = 0.15
/** Caps above this are not held whole: such streams ask for more money as they run. */
const CAPS = [30, 30, 30, 30, 30, 600] as const

/** The load on a stand, cycle by cycle. */
export class Load {
  readonly #options: LoadOptions
  #made: MadeCall[] = []
  #begun = 0
  #running: Promise<unknown> | null = null
  #stopping = false
  #cycle = ''

  constructor(options: LoadOptions) {
    this.#options = options
  }

  /** Begins the calls of a cycle. They belong to a tenant of the cycle's name. */
  begin(cycle: string): void {
    this.#cycle = cycle
    this.#made = []
    this.#begun = 0
    this.#stopping = false
    this.#running = Promise.all(Array.from({ length: this.#options.callers }, () => this.#callAgainAndAgain()))
  }

  /** Resolves once so many calls of the cycle have begun, at the latest after some seconds: there may be nobody to call. */
  async begun(count: number): Promise<void> {
    const deadline = performance.now() + 3_000
    while (this.#begun < count && performance.now() < deadline) await sleep(5)
  }

  /** Lets running calls end and begins no new ones. Gives all calls of the cycle. */
  async end(): Promise<readonly MadeCall[]> {
    this.#stopping = true
    await this.#running
    return this.#made
  }

  /** One more call of the cycle, at a gateway of choice, by a patient caller. */
  async tryOne(gateway: GatewayProcess): Promise<MadeCall | null> {
    const url = gateway.url()
    if (url === null) return null
    const call = { ...this.#next(), user: null, model: 'second', leavesAfterMs: null }
    const made = await makeCall(url, this.#options.key, call)
    this.#made.push(made)
    return made
  }

  async #callAgainAndAgain(): Promise<void> {
    const { gateways, chance, key, mostCalls } = this.#options
    while (!this.#stopping) {
      await sleep(chance.between(...PAUSE_MS))
      const url = chance.pick(gateways).url()
      if (url === null || this.#begun >= mostCalls) continue
      const made = await makeCall(url, key, this.#next())
      this.#made.push(made)
    }
  }

  #next(): PlannedCall {
    const { chance } = this.#options
    this.#begun += 1
    return {
      name: `tr_${this.#cycle}-${this.#begun}`,
      tenant: this.#cycle,
      user: chance.happens(NAMED_USERS) ? `${this.#cycle}-user` : null,
      feature: 'load',
      dialect: chance.pick(['openai', 'anthropic']),
      model: chance.pick(MODELS),
      stream: chance.happens(0.6),
      maxTokens: chance.pick(CAPS),
      leavesAfterMs: chance.happens(LEAVERS) ? chance.between(5, 150) : null,
    }
  }
}
