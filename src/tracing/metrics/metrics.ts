import { Counter, Gauge, Registry } from 'prom-client'
import { CallMetrics } from './call-metrics.ts'
import { type KnownNames, OTHER, taskLabel } from './known-names.ts'

/** How a breaker stands. */
export type BreakerPhase = 'closed' | 'half-open' | 'open'

/** How loaded a process can be. */
export type LoadName = 'normal' | 'busy' | 'overloaded'

/** What is looked up when Prometheus asks. */
export interface Gauges {
  readonly names: () => KnownNames
  /** Calls that were let in and have not closed their books. */
  readonly runningCalls: () => number
  /** Jobs of this process, by status. */
  readonly jobs: () => Readonly<Record<'queued' | 'running', number>>
  /** How loaded the process is. */
  readonly load: () => { readonly level: LoadName; readonly lagMs: number; readonly heapShare: number }
  /** Breakers of the deployments that were called. */
  readonly breakers: () => readonly { readonly deployment: string; readonly state: BreakerPhase }[]
}

/** The figures of one gateway, apart from those of any other in the process. */
export interface Metrics {
  readonly calls: CallMetrics
  readonly registry: Registry
  /** A new configuration came into force, or was turned down. */
  reloaded(result: 'accepted' | 'rejected'): void
  /** This instance changed the default of a task by itself. */
  moved(task: string, kind: 'promote' | 'send_back'): void
}

const LOAD_VALUES: Readonly<Record<LoadName, number>> = { normal: 0, busy: 1, overloaded: 2 }
const BREAKER_VALUES: Readonly<Record<BreakerPhase, number>> = { closed: 0, 'half-open': 1, open: 2 }

/** Registers everything that is told under `/metrics`. */
export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry()
  const calls = new CallMetrics(registry, gauges.names())
  const reloads = new Counter({
    name: 'headgate_config_reloads_total',
    help: 'New versions of the configuration.',
    labelNames: ['result'],
    registers: [registry],
  })
  for (const result of ['accepted', 'rejected']) reloads.inc({ result }, 0)
  const promotions = new Counter({
    name: 'headgate_promotions_total',
    help: 'Changes of the default of a task by itself.',
    labelNames: ['task', 'kind'],
    registers: [registry],
  })
  new Gauge({
    name: 'headgate_breaker_state',
    help: 'Breakers: 0 closed, 1 half-open, 2 open.',
    labelNames: ['deployment'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [deployment, value] of breakerValues(gauges)) this.set({ deployment }, value)
    },
  })
  new Gauge({
    name: 'headgate_jobs',
    help: 'Jobs of this instance that have not ended.',
    labelNames: ['status'],
    registers: [registry],
    collect() {
      for (const [status, value] of Object.entries(gauges.jobs())) this.set({ status }, value)
    },
  })
  const { load, runningCalls } = gauges
  const gauge = gaugesOf(registry)
  gauge('headgate_running_calls', 'Calls that were let in and have not closed their books.', runningCalls)
  gauge('headgate_load_level', 'Load: 0 normal, 1 busy, 2 overloaded.', () => LOAD_VALUES[load().level])
  gauge('headgate_event_loop_lag_seconds', 'How late the last timer was.', () => load().lagMs / 1000)
  gauge('headgate_heap_used_ratio', 'The part of the largest heap that is in use.', () => load().heapShare)
  registerProcess(registry)
  return {
    calls,
    registry,
    reloaded: (result) => reloads.inc({ result }),
    moved: (task, kind) => promotions.inc({ task: taskLabel(gauges.names(), task), kind }),
  }
}

/** Every deployment that the configuration names, and the worst of all that it does not. */
function breakerValues({ names, breakers }: Gauges): ReadonlyMap<string, number> {
  const known = names().deployments
  const values = new Map<string, number>()
  for (const id of known.keys()) values.set(id, BREAKER_VALUES.closed)
  for (const { deployment, state } of breakers()) {
    const label = known.has(deployment) ? deployment : OTHER
    values.set(label, Math.max(values.get(label) ?? 0, BREAKER_VALUES[state]))
  }
  return values
}

/** Makes gauges that are looked up when they are asked for. */
function gaugesOf(registry: Registry) {
  return (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value())
      },
    })
}

/** Under the names that dashboards for Node know. */
function registerProcess(registry: Registry): void {
  const gauge = gaugesOf(registry)
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process, user and system.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  gauge('process_start_time_seconds', 'When the process began, in seconds since 1970.', () =>
    Math.round(performance.timeOrigin / 1000),
  )
  gauge('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss())
  gauge('nodejs_heap_size_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed)
}
