/*
 * The house: everything that outlives one version of the configuration (storage, money, keys, sockets), and the engine of the newest one.
 * A reload builds a new engine beside the old and swaps them in one assignment; exchanges keep the engine they began with.
 */
import { join } from 'node:path'
import { createKeyRing, type KeyRing } from '../access/key-ring.ts'
import { openSwitchboard, type Switchboard } from '../admission/kill-switchboard.ts'
import { type LoadLimits, loadLimitsOf } from '../admission/load.ts'
import { type LoadView, LoadWatch, UNWATCHED } from '../admission/load-watch.ts'
import { OverflowLines } from '../admission/overflow-lines.ts'
import { RepeatWatch } from '../admission/runaway-repeats.ts'
import { RunWatch } from '../admission/runaway-runs.ts'
import type { Config } from '../config/schema.ts'
import type { DeploymentHealth } from '../execution/deployment-health.ts'
import { createEgress } from '../execution/egress.ts'
import { createResilience } from '../execution/resilience.ts'
import { createToolResultGuard } from '../guards/tool-result/guard-tool-result.ts'
import { createLocalScorer } from '../guards/tool-result/local-scorer.ts'
import { KeyedRuns } from '../idempotency/keyed-runs.ts'
import { createJobDesk, type JobDesk, type JobTimings } from '../jobs/job-desk.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import { Gathering } from '../lib/gathering.ts'
import type { Secret } from '../lib/secret.ts'
import { createMoney } from '../money/create-money.ts'
import { loadPriceBook, type PriceBook } from '../money/price-book.ts'
import type { Money } from '../money/reservation.ts'
import { complexityOf } from '../policy/complexity/scorer.ts'
import type { WindowName } from '../storage/contracts/ledger-store.ts'
import type { Storage } from '../storage/contracts/storage.ts'
import { createMetrics, type Metrics } from '../tracing/metrics/metrics.ts'
import { killSwitchAlert, openAlarm } from './alarm.ts'
import { breakerLine } from './breaker-line.ts'
import { budgetLadder } from './budget-ladder.ts'
import { buildDeploymentBook, type DeploymentBook } from './deployment-book.ts'
import type { Engine } from './engine.ts'
import { handlingOf } from './handling-of.ts'
import { longestWait } from './jobs/longest-wait.ts'
import { runAgainIn } from './jobs/run-again.ts'
import { complexityJudge } from './judge/complexity-judge.ts'
import { VerdictMemory } from './judge/verdict-memory.ts'
import { limitRulesOf } from './limit-rules.ts'
import type { Log } from './log.ts'
import { metricNames } from './metric-names.ts'
import { runOnlooker } from './onlooker.ts'
import { openCoordination } from './open-coordination.ts'
import { type OpenedLimits, openLimits } from './open-limits.ts'
import { type OpenedStorage, openStorage } from './open-storage.ts'
import { PolicyDesk } from './policy-versions/policy-desk.ts'
import { createPriceWatch } from './price-watch.ts'
import { PromotionDesk } from './promotion/promotion-desk.ts'
import { budgetSourceOf, contextPolicyOf, policyOf } from './rules.ts'
import { runawayCheck } from './runaway-check.ts'
import { RunningExchanges } from './running-exchanges.ts'
import { RunningShadows } from './shadow/running-shadows.ts'
import { shadowsOf } from './shadow/shadows-of.ts'
import type { TrialGround } from './simulate/simulate.ts'
import { steadyLog } from './steady-log.ts'
import { webhookPost } from './webhook-post.ts'
import { withPlan } from './with-plan.ts'

/** How long a key that is remembered counts while the ledger is away and calls go on: as long as slices are trusted. */
const OUTAGE_TRUST_MS = 24_000

/** What an answer may wait on a busy gateway, so that several are worked at, and booked, together. */
const GATHERING = { usualMs: 4, crowdedMs: 10 }

/** What a house is opened with. */
export interface HouseOptions {
  readonly config: Config
  readonly log: Log
  readonly clock?: Clock
  /** The operator's own admin key, from the environment. */
  readonly adminKey?: Secret
  /** Whether calls are refused when this process can do no more, or from when on. For processes that are the gateway's own; default false. */
  readonly watchLoad?: boolean | LoadLimits
  /** How long a call waits for the server of shared limits and breakers before this instance decides by itself. Default 50 ms. */
  readonly coordinationPatienceMs?: number
  /** How patient the jobs are. */
  readonly jobTimings?: Partial<JobTimings>
  /** How often all instances together look for models to promote. Default one minute. */
  readonly promotionLookMs?: number
  /** Last work on the storage before anybody calls. When it rejects, the house is not opened. */
  readonly beforeCalls?: (storage: Storage) => Promise<void>
}

/** A running gateway, without a face. */
export interface House {
  readonly clock: Clock
  readonly log: Log
  readonly storage: Storage
  readonly money: Money
  readonly keys: KeyRing
  readonly jobs: JobDesk
  readonly switches: Switchboard
  /** The counts of rates and running calls, and how they do. */
  readonly limits: Pick<OpenedLimits, 'condition' | 'slotsHeld' | 'counts'>
  /** How the deployments do, as this instance finds them. */
  readonly health: Pick<DeploymentHealth, 'breakers' | 'latencyOf' | 'condition' | 'look'>
  /** Which policy is in force, and how it is published. */
  readonly policies: PolicyDesk
  /** Models that become the default of a task by themselves. */
  readonly promotions: Pick<PromotionDesk, 'outlook' | 'look'>
  /** What a policy is tried with, without a call. */
  readonly trialGround: TrialGround
  /** How loaded this process is. */
  readonly load: LoadView
  /** What Prometheus is told. */
  readonly metrics: Metrics
  /** What an operator should know of the storage: `PostgreSQL 18.4, embedded in ./.headgate`. */
  readonly storageNote: string
  config(): Config
  /** The engine of the newest accepted configuration. */
  engine(): Engine
  /** Takes a new configuration into force. Throws, and changes nothing, when no engine can be built from it. */
  reload(config: Config): void
  /** Tells callers to turn to others, and still takes their calls. */
  leave(): void
  /** Stops taking new calls. */
  drain(): void
  /** Settles what is open, gives slices back, closes sockets and storage. Safe to call twice. */
  close(): Promise<void>
}

/** Opens storage, money and keys, and builds the first engine. Rejects with what could not be opened; nothing is left behind then. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { clock = systemClock } = options
  const log = steadyLog(options.log)
  const prices = await loadPriceBook(clock)
  const book = buildDeploymentBook(options.config, prices)
  let isOpen = false
  const opened = await openStorage(options.config.storage.target, clock, log, () => isOpen)
  const doors = new Doors()
  doors.add(() => opened.close())
  doors.add(() => opened.storage.close())
  try {
    const house = await furnish({ ...options, log, clock }, { prices, book, opened, doors })
    await house.policies.open()
    await options.beforeCalls?.(opened.storage)
    isOpen = true
    return house
  } catch (error) {
    await doors.close()
    throw error
  }
}

/** What was opened, closed from the last to the first. */
class Doors {
  readonly #open: (() => Promise<void> | void)[] = []
  #closing: Promise<void> | null = null

  add(close: () => Promise<void> | void): void {
    this.#open.push(close)
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      for (const close of this.#open.toReversed()) await close()
    })()
    return this.#closing
  }
}

/** What a house is furnished with before the rest can be. */
interface Shell {
  readonly prices: PriceBook
  readonly book: DeploymentBook
  readonly opened: OpenedStorage
  readonly doors: Doors
}

const DAY_MS = 86_400_000

function dayOf(clock: Clock): number {
  return Math.floor(clock.now() / DAY_MS)
}

async function furnish(
  { log, clock, adminKey, ...options }: HouseOptions & { readonly clock: Clock },
  { prices, book, opened, doors }: Shell,
): Promise<House> {
  const { storage } = opened
  let { config } = options
  const transport = createEgress(clock)
  doors.add(() => transport.close())
  const keys = createKeyRing({
    store: storage.keys,
    clock,
    ...(adminKey ? { adminKey } : {}),
    ...(config.storage.onOutage === 'journal' ? { outageTrustMs: OUTAGE_TRUST_MS } : {}),
  })
  doors.add(() => keys.close())
  const alarm = openAlarm({ config: () => config, storage, transport, clock, log })
  doors.add(() => alarm.close())
  const running = new RunningExchanges()
  const switches = await openSwitchboard({
    store: storage.killSwitches,
    clock,
    changed: (board) => running.stop(board, clock.now()),
    turned: (row, state, actor) => alarm.raise(killSwitchAlert(row, state, actor)),
  })
  doors.add(() => switches.close())
  const budgetNow = async (window: WindowName) => (await storage.ledger.budgets(window))[0] ?? null
  const money = await createMoney({
    store: storage.ledger,
    prices: storage.ledger,
    clock,
    log,
    dispatchDir: opened.dataDir === null ? null : join(opened.dataDir, 'dispatch'),
    onOutage: config.storage.onOutage,
    budgets: budgetSourceOf(() => config),
    onLadder: budgetLadder({ raise: alarm.raise, switches, budgetNow, log }),
  })
  doors.add(() => money.close())
  const coordination = await openCoordination(config.coordination)
  doors.add(() => coordination?.redis.disconnect())
  const patienceMs = options.coordinationPatienceMs
  const limits = openLimits(coordination, { clock, log, patienceMs })
  doors.add(() => limits.close())
  const runs = new KeyedRuns({ store: storage.idempotency, log })
  doors.add(() => runs.close())
  const lines = new OverflowLines(clock)
  const line = coordination && breakerLine(coordination, { log, patienceMs })
  const resilience = createResilience({ clock, settings: () => config.breaker, line })
  doors.add(() => resilience.health.close())
  await resilience.health.open()
  const { watchLoad } = options
  const load = watchLoad
    ? new LoadWatch(clock, log, () => (watchLoad === true ? loadLimitsOf(config.server.overload) : watchLoad))
    : null
  doors.add(() => load?.close())
  const metrics = createMetrics({
    load: () => load ?? UNWATCHED,
    names: () => metricNames(config),
    runningCalls: () => running.size,
    jobs: () => jobs.counts(),
    breakers: () => resilience.health.breakers(),
  })
  const watches = { repeats: new RepeatWatch(clock), runs: new RunWatch() }
  const scorer = createLocalScorer()
  const verdicts = new VerdictMemory(clock)
  const jobs = createJobDesk({
    store: storage.jobs,
    clock,
    log,
    // Jobs can wait: while there is much to do they run one after the other.
    settings: () => (load === null || load.level === 'normal' ? config.jobs : { ...config.jobs, concurrency: 1 }),
    post: webhookPost(transport),
    runAgain: runAgainIn(() => engineOfToday()),
    ...(options.jobTimings ? { timings: options.jobTimings } : {}),
  })
  doors.add(() => jobs.close())
  let leaving = false
  let draining = false
  const gathering = new Gathering(GATHERING)
  const shadows = new RunningShadows()
  doors.add(() => shadows.close())

  function build(next: Config, nextBook = buildDeploymentBook(next, prices)): Engine {
    const actions = next.guards.toolResult
    const built: Engine = {
      clock,
      log,
      loadedAt: clock.now(),
      authMode: next.auth.mode,
      transport,
      resilience,
      handlingOf: handlingOf(next.tasks),
      gathering,
      money,
      reader: storage.reader,
      feedback: storage.feedback,
      spans: storage.spans,
      keys,
      contexts: contextPolicyOf(next),
      policy: policyOf(next, nextBook, money, resilience.health),
      complexityOf,
      complexityJudge: complexityJudge(next.complexity, verdicts, () => built),
      switches,
      running,
      lines,
      onLimitOf: (task) => next.tasks.get(task)?.onLimit ?? null,
      shadowOf: shadowsOf(next.tasks),
      shadows,
      jobs,
      mayOutlastConnection: longestWait(next) > jobs.connectionWaitMs,
      budgetNow,
      budgets: budgetSourceOf(() => next),
      onPlan: (tenantId, plan) => build(withPlan(next, tenantId, plan), nextBook),
      idempotency: { runs, ...next.idempotency },
      runaway: runawayCheck(next.runaway, watches, alarm.raise),
      onlooker: runOnlooker(watches.runs),
      metrics: metrics.calls,
      admission: limits.admission,
      limitsOf: limitRulesOf(next),
      book: nextBook,
      markupOf: (tenantId) => next.tenants.get(tenantId)?.markup ?? 0n,
      priceWatch: createPriceWatch(next.unknownPrice, log, alarm.raise),
      toolResultGuard: createToolResultGuard({ scorer, ...actions }),
      messageGuard: actions ? createToolResultGuard({ scorer, ...actions }) : null,
      load: load ?? UNWATCHED,
      leaving: () => leaving,
      draining: () => draining,
    }
    return built
  }

  function install(next: Config): void {
    engine = build(next)
    config = next
    metrics.calls.rename(metricNames(next))
    metrics.reloaded('accepted')
  }

  const policies = new PolicyDesk({
    store: storage.policies,
    log,
    config,
    install,
    rejected: () => metrics.reloaded('rejected'),
  })
  doors.add(() => policies.close())
  const promotions = new PromotionDesk({
    store: storage.policies,
    reader: storage.reader,
    turns: storage.alerts,
    policies,
    config: () => config,
    policy: () => engine.policy,
    switches,
    raise: alarm.raise,
    moved: metrics.moved,
    clock,
    log,
    ...(options.promotionLookMs === undefined ? {} : { lookMs: options.promotionLookMs }),
  })
  doors.add(() => promotions.close())
  promotions.open()

  let engine = build(config, book)
  let builtOn = dayOf(clock)

  /** Prices begin on days, and an engine keeps those that it met: each day has its own. */
  function engineOfToday(): Engine {
    const today = dayOf(clock)
    if (today !== builtOn) {
      engine = { ...build(config), loadedAt: engine.loadedAt }
      builtOn = today
    }
    return engine
  }

  return {
    clock,
    log,
    storage,
    money,
    keys,
    jobs,
    switches,
    limits,
    health: resilience.health,
    policies,
    promotions,
    trialGround: { prices, pricing: money, health: resilience.health },
    load: load ?? UNWATCHED,
    metrics,
    storageNote: opened.note,
    config: () => config,
    engine: engineOfToday,
    reload(next) {
      install(policies.over(next))
      policies.accepted(next)
    },
    leave: () => {
      leaving = true
    },
    drain: () => {
      leaving = true
      draining = true
    },
    close() {
      leaving = true
      draining = true
      gathering.close()
      return doors.close()
    },
  }
}
