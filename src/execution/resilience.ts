import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../lib/clock.ts'
import { LruMap } from '../lib/lru-map.ts'
import type { BoardLine } from './board-line.ts'
import type { BreakerSettings } from './circuit-breaker.ts'
import { DeploymentHealth } from './deployment-health.ts'
import { FREE_RETRIES_OF_TENANT, RetryBudget } from './retry-budget.ts'

/** What the calls of a process share to live with failures. */
export interface Resilience {
  readonly health: DeploymentHealth
  /** The retries that a tenant has left. */
  readonly retriesOf: (tenantId: string) => RetryBudget
  /** From 0 to 1. */
  readonly random: () => number
  /** Waits; rejects when the signal is aborted. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>
}

/** What can be handed in, by tests most of all. */
export interface ResilienceOptions {
  readonly clock: Clock
  readonly settings: () => BreakerSettings
  /** To the board of shared breakers. Default: breakers are not shared. */
  readonly line?: BoardLine | null
  readonly random?: Resilience['random']
  readonly pause?: Resilience['pause']
}

/** Tenants whose retries are counted; the one that was not seen for longest begins anew. */
const KEPT_TENANTS = 10_000

/** A process that knows of no failure yet. */
export function createResilience({
  clock,
  settings,
  line = null,
  random = Math.random,
  pause,
}: ResilienceOptions): Resilience {
  const tenants = new LruMap<string, RetryBudget>(KEPT_TENANTS)
  return {
    health: new DeploymentHealth({ clock, settings, line }),
    retriesOf(tenantId) {
      const known = tenants.get(tenantId)
      if (known) return known
      const budget = new RetryBudget(clock, FREE_RETRIES_OF_TENANT)
      tenants.set(tenantId, budget)
      return budget
    },
    random,
    pause: pause ?? ((ms, signal) => sleep(ms, undefined, { signal })),
  }
}

/** One that has no breakers. */
export function plainResilience(clock: Clock): Resilience {
  return createResilience({ clock, settings: () => ({ failures: null, p95Ms: null, openForMs: 0 }) })
}
