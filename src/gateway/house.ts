/*
 * The house: everything that outlives one version of the configuration (storage, money, keys, sockets), and the engine of the newest one.
 * A reload builds a new engine beside the old and swaps them in one assignment; exchanges keep the engine they began with.
 */
import { join } from 'node:path'
import { createKeyRing, type KeyRing } from '../access/key-ring.ts'
import type { Config } from '../config/schema.ts'
import { createEgress } from '../execution/egress.ts'
import { createToolResultGuard } from '../guards/tool-result/guard-tool-result.ts'
import { createLocalScorer } from '../guards/tool-result/local-scorer.ts'
import { type Clock, systemClock } from '../lib/clock.ts'
import type { Secret } from '../lib/secret.ts'
import { createMoney } from '../money/create-money.ts'
import { loadPriceBook } from '../money/price-book.ts'
import type { Money } from '../money/reservation.ts'
import type { Storage } from '../storage/contracts/storage.ts'
import { buildDeploymentBook } from './deployment-book.ts'
import type { Engine, Log } from './engine.ts'
import { openStorage } from './open-storage.ts'
import { budgetSourceOf, contextPolicyOf, policyOf } from './rules.ts'

/** What a house is opened with. */
export interface HouseOptions {
  readonly config: Config
  readonly log: Log
  readonly clock?: Clock
  /** The operator's own admin key, from the environment. */
  readonly adminKey?: Secret
}

/** A running gateway, without a face. */
export interface House {
  readonly clock: Clock
  readonly log: Log
  readonly storage: Storage
  readonly money: Money
  readonly keys: KeyRing
  /** What an operator should know of the storage: `PostgreSQL 18.4, embedded in ./.headgate`. */
  readonly storageNote: string
  config(): Config
  /** The engine of the newest accepted configuration. */
  engine(): Engine
  /** Takes a new configuration into force. Throws, and changes nothing, when no engine can be built from it. */
  reload(config: Config): void
  /** Stops taking new calls. */
  drain(): void
  /** Settles what is open, gives slices back, closes sockets and storage. Safe to call twice. */
  close(): Promise<void>
}

/** Opens storage, money and keys, and builds the first engine. Rejects with what could not be opened. */
export async function openHouse(options: HouseOptions): Promise<House> {
  const { log, clock = systemClock, adminKey } = options
  let config = options.config
  const prices = await loadPriceBook(clock)
  const book = buildDeploymentBook(config, prices)
  const opened = await openStorage(config.storage.target, clock, log)
  const { storage } = opened
  const money = await createMoney({
    store: storage.ledger,
    clock,
    log,
    dispatchDir: opened.dataDir === null ? null : join(opened.dataDir, 'dispatch'),
    budgets: budgetSourceOf(() => config),
  })
  const keys = createKeyRing({ store: storage.keys, clock, ...(adminKey ? { adminKey } : {}) })
  const transport = createEgress(clock)
  const scorer = createLocalScorer()
  let draining = false
  let closing: Promise<void> | null = null

  function build(next: Config, nextBook = buildDeploymentBook(next, prices)): Engine {
    const actions = next.guards.toolResult
    return {
      clock,
      log,
      loadedAt: clock.now(),
      authMode: next.auth.mode,
      transport,
      money,
      reader: storage.reader,
      keys,
      contexts: contextPolicyOf(next),
      policy: policyOf(next, nextBook, money),
      book: nextBook,
      toolResultGuard: createToolResultGuard({ scorer, ...actions }),
      messageGuard: actions ? createToolResultGuard({ scorer, ...actions }) : null,
      draining: () => draining,
    }
  }

  let engine = build(config, book)

  return {
    clock,
    log,
    storage,
    money,
    keys,
    storageNote: opened.note,
    config: () => config,
    engine: () => engine,
    reload(next) {
      engine = build(next)
      config = next
    },
    drain: () => {
      draining = true
    },
    close() {
      draining = true
      closing ??= (async () => {
        await money.close()
        keys.close()
        await transport.close()
        await storage.close()
        await opened.close()
      })()
      return closing
    },
  }
}
