import { loadConfigObject } from '../../src/config/load.ts'
import type { ConfigInput } from '../../src/config/schema.ts'
import { SILENT_LOG } from '../../src/gateway/log.ts'
import { providerDefinitions } from '../../src/providers/registry.ts'
import { startService } from '../../src/server/service.ts'
import { benchPlan } from '../../src/testing/failover-bench.ts'
import { startWall, type Wall } from '../../src/testing/index.ts'
import type { BenchFault } from './faults.ts'
import type { Profile } from './profile.ts'

/** How answers are handed over. */
export type Delivery = 'stream' | 'whole'

/** A gateway over HTTP with a primary and a fallback, which are the wall. */
export interface Stand {
  readonly wall: Wall
  /** The gateway, with `/v1`. */
  readonly url: string
  stop(): Promise<void>
}

/** What callers name: the task that is judged, and the healthy one. */
export const JUDGED = 'answer'
export const HEALTHY = 'healthy'

const PRICE = { input_per_mtok: 1, output_per_mtok: 2 }

/** Starts a gateway that has never seen a fault, in front of a wall. Every fault has its own. */
export async function startStand(fault: BenchFault, delivery: Delivery, profile: Profile): Promise<Stand> {
  const wall = await startWall()
  const flap = benchPlan(fault.model)
  if (fault.sequence && flap) {
    wall.plan(({ model }) => (model === fault.model ? { ...flap, forMs: profile.flap.downMs } : undefined))
  }
  const result = loadConfigObject(configOf(fault, delivery, profile, wall.openaiUrl), {
    env: {},
    knownProviders: [...providerDefinitions.values()],
  })
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  const service = await startService({
    config: result.config,
    log: SILENT_LOG,
    configStatus: () => ({ version: 'failover', loaded_at: '', rejected: null }),
  })
  return {
    wall,
    url: `${service.server.url}/v1`,
    async stop() {
      await service.stop()
      await wall.close()
    },
  }
}

/** The least that names a primary and a fallback. The fallback's window is larger, so that it may take what does not fit the primary. */
function configOf(fault: BenchFault, delivery: Delivery, profile: Profile, wallUrl: string): ConfigInput {
  const provider = (model: string, context: number) => ({
    type: 'openai-compatible',
    base_url: wallUrl,
    api_key: 'sk-wall',
    timeouts: profile.timeouts,
    models: { [model]: { price: PRICE, context, max_output: 1_000 } },
  })
  const fallback = `secondary/${fault.fallbackModel}`
  return {
    version: 1,
    server: { port: 0, drain: '1s' },
    auth: { mode: 'none' },
    storage: { url: 'memory:' },
    metadata: { required: [] },
    providers: { primary: provider(fault.model, 16_000), secondary: provider(fault.fallbackModel, 128_000) },
    ...(profile.breakerOpenFor === null ? {} : { breaker: { open_for: profile.breakerOpenFor } }),
    tasks: {
      [JUDGED]: {
        default: `primary/${fault.model}`,
        fallback: [fallback],
        ...(delivery === 'whole' ? { delivery } : {}),
      },
      [HEALTHY]: { default: fallback },
    },
  } as ConfigInput
}
