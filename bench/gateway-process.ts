/*
 * The gateway as `headgate serve` runs it: the service over a socket, the embedded PostgreSQL with its dispatch file, virtual keys, tasks with a
 * fallback, limits on rates and running calls, daily and monthly budgets, traces. Only the way it is started and asked for its cost belongs to the bench.
 *
 *   node bench/gateway-process.ts UPSTREAM_ORIGIN DATA_DIRECTORY     (started by run.ts)
 */
import { pino } from 'pino'
import { issueKey } from '../src/access/issue-key.ts'
import { loadConfigObject } from '../src/config/load.ts'
import type { ConfigInput } from '../src/config/schema.ts'
import { providerDefinitions } from '../src/providers/registry.ts'
import { tuneHeap } from '../src/server/heap-settings.ts'
import { startService } from '../src/server/service.ts'
import { answerParent } from './answer-parent.ts'
import { inspected } from './inspected.ts'
import { TASKS } from './workloads.ts'

const [upstream = '', directory = ''] = process.argv.slice(2)

const MODEL = { price: { input_per_mtok: 0.4, output_per_mtok: 1.6 }, context: 400_000, max_output: 16_384 }

function configured(): ConfigInput {
  const provider = (reply: string) => ({
    type: 'openai',
    base_url: `${upstream}/${reply === 'json' ? reply : `${reply}-usage`}/v1`,
    api_key: 'sk-upstream',
    models: { 'bench-model': MODEL },
  })
  return {
    version: 1,
    server: { host: '127.0.0.1', port: 0 },
    storage: { url: `embedded:${directory}` },
    providers: Object.fromEntries([
      ...Object.entries(TASKS).map(([task, reply]) => [task, provider(reply)]),
      ['spare', provider('json')],
    ]),
    models: Object.fromEntries(
      Object.keys({ ...TASKS, spare: '' }).map((name) => [`${name}-model`, [`${name}/bench-model`]]),
    ),
    tasks: Object.fromEntries(
      Object.keys(TASKS).map((task) => [
        task,
        { default: `${task}-model`, fallback: ['spare-model'], max_latency_ms: 60_000 },
      ]),
    ),
    plans: { team: { rpm_limit: 10_000_000, concurrency_limit: 10_000 } },
    tenants: {
      acme: { plan: 'team', daily_usd_limit: 100_000, monthly_usd_limit: 1_000_000, timezone: 'Europe/Berlin' },
    },
    limits: [
      { per: 'feature', tokens: 1_000_000_000_000, window: '1h' },
      { per: 'total', concurrency: 10_000 },
    ],
  }
}

const flags = tuneHeap()
const loaded = loadConfigObject(configured(), { env: {}, knownProviders: [...providerDefinitions.values()] })
if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))

const service = await startService({
  config: loaded.config,
  log: pino({ level: 'warn', base: null }, pino.destination({ dest: 2, sync: true })),
  configStatus: () => ({ version: 'bench', loaded_at: '', rejected: null }),
})
const { key } = await issueKey(
  service.house.storage.keys,
  { kind: 'tenant', tenantId: 'acme', defaults: { feature: 'bench' } },
  Date.now(),
)

answerParent({ origin: service.server.url, key: key.reveal(), flags }, { ...inspected(), stop: () => service.stop() })
