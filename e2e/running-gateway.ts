import { loadConfigObject } from '../src/config/load.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import { type Gateway, gatewayOf } from '../src/gateway/create-gateway.ts'
import type { HouseOptions } from '../src/gateway/house.ts'
import type { Log } from '../src/gateway/log.ts'
import { SILENT_LOG } from '../src/gateway/log.ts'
import { providerDefinitions } from '../src/providers/registry.ts'
import { type Service, startService } from '../src/server/service.ts'
import { startWall, type Wall } from '../src/testing/index.ts'

/** Prices of the wall's models: easy to multiply in one's head. */
export const PRICE = { input_per_mtok: 1, output_per_mtok: 10, cached_input_per_mtok: 0.1, cache_write_per_mtok: 1.25 }

/** Price and limits of a model that is called by the name of a plan of the wall. */
export const MODEL = { price: PRICE, context: 200_000, max_output: 8_000 }

/** A configuration whose providers `oa` (OpenAI's format) and `an` (Anthropic's) are the wall. */
export function configFor(wall: Wall, more: Partial<ConfigInput> = {}): ConfigInput {
  const models = Object.fromEntries(['m', 'ok', 'other'].map((name) => [name, MODEL]))
  const timeouts = { connect: '2s', first_byte: '5s', first_token: '5s', idle: '5s', total: '60s' }
  return {
    version: 1,
    server: { port: 0, drain: '5s' },
    auth: { mode: 'none' },
    storage: { url: 'memory:' },
    metadata: { required: ['tenant_id', 'feature'] },
    providers: {
      oa: { type: 'openai', base_url: wall.openaiUrl, api_key: 'sk-oa', models, timeouts },
      an: { type: 'anthropic', base_url: wall.url, api_key: 'sk-an', models, timeouts },
    },
    models: { 'via-openai': ['oa/m'], 'via-anthropic': ['an/m'] },
    ...more,
  }
}

/** A service over real HTTP, its wall, and the same gateway in process. */
export interface Running {
  readonly wall: Wall
  readonly service: Service
  readonly gateway: Gateway
  readonly url: string
  stop(): Promise<void>
}

/** Starts a wall and a service in front of it. */
export async function startRunning(
  more: (wall: Wall) => Partial<ConfigInput> = () => ({}),
  log: Log = SILENT_LOG,
  options: Pick<
    HouseOptions,
    'coordinationPatienceMs' | 'beforeCalls' | 'clock' | 'watchLoad' | 'jobTimings' | 'promotionLookMs'
  > = {},
): Promise<Running> {
  const wall = await startWall()
  const result = loadConfigObject(configFor(wall, more(wall)), {
    env: {},
    knownProviders: [...providerDefinitions.values()],
  })
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  const service = await startService({
    ...options,
    config: result.config,
    log,
    configStatus: () => ({ version: 'test', loaded_at: '', rejected: null }),
  })
  return {
    wall,
    service,
    gateway: gatewayOf(service.house),
    url: service.server.url,
    async stop() {
      await service.stop()
      await wall.close()
    },
  }
}
