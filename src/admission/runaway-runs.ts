import type { NanoUsd } from '../canonical/money.ts'
import { LruMap } from '../lib/lru-map.ts'

const REMEMBERED = 50_000

/** What one agent run has used on this instance. */
export interface RunUse {
  calls: number
  cost: NanoUsd
}

/**
 * What agent runs use, counted on this instance alone: enough to flag a run. Where runs are to be stopped, the ledger counts them, for all instances and
 * to the last call.
 */
export class RunWatch {
  readonly #uses = new LruMap<string, RunUse>(REMEMBERED)

  /** The run's use so far, with this call. */
  began(tenantId: string, runId: string): RunUse {
    const use = this.#useOf(tenantId, runId)
    use.calls += 1
    return use
  }

  /** The run's use so far; nothing is noted. */
  look(tenantId: string, runId: string): RunUse {
    return this.#uses.peek(nameOf(tenantId, runId)) ?? { calls: 0, cost: 0n }
  }

  /** A call of the run cost so much. */
  spent(tenantId: string, runId: string, cost: NanoUsd): void {
    this.#useOf(tenantId, runId).cost += cost
  }

  #useOf(tenantId: string, runId: string): RunUse {
    const name = nameOf(tenantId, runId)
    let use = this.#uses.get(name)
    if (!use) {
      use = { calls: 0, cost: 0n }
      this.#uses.set(name, use)
    }
    return use
  }
}

function nameOf(tenantId: string, runId: string): string {
  return JSON.stringify([tenantId, runId])
}
