import { issueKey, type KeyAsk } from '../access/issue-key.ts'
import { loadConfigObject } from '../config/load.ts'
import type { Config, ConfigInput } from '../config/schema.ts'
import { SILENT_LOG } from '../gateway/log.ts'
import { providerDefinitions } from '../providers/registry.ts'
import { startWall, type Wall } from '../testing/index.ts'
import { type Service, startService } from './service.ts'

/*
 * A service for tests: real HTTP on both sides, a wall for a provider, a ledger in memory. Not a contract itself: the name keeps it out of the
 * build.
 */

/** What a request of a test may say. */
export interface Ask {
  readonly method?: string
  /** Sent as `authorization: Bearer`. */
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown
}

/** A running service and what tests do with it. */
export interface TestService {
  readonly wall: Wall
  readonly service: Service
  readonly url: string
  /** A key that operates. */
  readonly adminKey: string
  /** Makes a key without asking the admin API. */
  issue(ask: KeyAsk): Promise<{ readonly key: string; readonly id: string }>
  ask(path: string, ask?: Ask): Promise<Response>
  /** One priced call: 10 USD cents for what the wall answers. Gives the reply. */
  call(ask?: Ask & { readonly feature?: string; readonly model?: string }): Promise<Response>
  stop(): Promise<void>
}

/** Prices that make a call of the wall cost something that shows: 0.01 USD for each output token, nothing for input. */
const PRICE = { input_per_mtok: 0, output_per_mtok: 10_000 }

/** The configuration of a test service; `more` replaces whole sections. */
export function testConfig(wall: Wall, more: Partial<ConfigInput> = {}): Config {
  const result = loadConfigObject(
    {
      server: { port: 0, drain: '1s' },
      storage: { url: 'memory:' },
      metadata: { required: [] },
      providers: {
        wall: {
          type: 'openai',
          api_key: 'sk-wall',
          base_url: wall.openaiUrl,
          models: { m: { price: PRICE, context: 8_000, max_output: 50 } },
        },
      },
      models: { fast: ['wall/m'] },
      ...more,
    },
    { env: {}, knownProviders: [...providerDefinitions.values()] },
  )
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.config
}

/** Starts a wall and a service that asks for keys. */
export async function startTestService(more: Partial<ConfigInput> = {}): Promise<TestService> {
  const wall = await startWall({ defaultPlan: { tokens: 10 } })
  const service = await startService({
    config: testConfig(wall, more),
    log: SILENT_LOG,
    configStatus: () => ({ version: 'cfg_test', loaded_at: '2026-11-21T00:00:00.000Z', rejected: null }),
  })
  const issue = async (ask: KeyAsk) => {
    const { key, row } = await issueKey(service.house.storage.keys, ask, Date.now())
    return { key: key.reveal(), id: row.id }
  }
  const { url } = service.server
  const ask = (path: string, { method, key, headers, body }: Ask = {}) =>
    fetch(new URL(path, url), {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      redirect: 'manual',
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  return {
    wall,
    service,
    url,
    adminKey: (await issue({ kind: 'admin' })).key,
    issue,
    ask,
    call: ({ feature = 'chat', model = 'fast', headers = {}, ...rest } = {}) =>
      ask('/v1/chat/completions', {
        ...rest,
        headers: { 'x-headgate-feature': feature, ...headers },
        body: { model, messages: [{ role: 'user', content: 'Hello.' }] },
      }),
    async stop() {
      await service.stop()
      await wall.close()
    },
  }
}

/** A reply's JSON. */
export async function json(reply: Response | Promise<Response>): Promise<Record<string, unknown>> {
  return (await (await reply).json()) as Record<string, unknown>
}

/** The rows of a list. */
export async function rows(reply: Response | Promise<Response>): Promise<readonly Record<string, unknown>[]> {
  return (await json(reply)).data as readonly Record<string, unknown>[]
}
