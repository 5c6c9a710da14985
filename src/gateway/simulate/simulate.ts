import { isDeepStrictEqual } from 'node:util'
import { policySectionsOf } from '../../config/policy-sections.ts'
import type { Config } from '../../config/schema.ts'
import type { DeploymentHealth } from '../../execution/deployment-health.ts'
import type { PriceBook } from '../../money/price-book.ts'
import { priceUsage } from '../../money/pricing.ts'
import type { Money } from '../../money/reservation.ts'
import type { ReplayRequest } from '../../policy/replay/replay-request.ts'
import type { ReplaySide } from '../../policy/replay/replay-side.ts'
import { type ChangedRequest, Simulation, type SimulationTotals } from '../../policy/replay/simulation.ts'
import type { SupposedSignals } from '../../policy/replay/supposed.ts'
import type { LedgerReader } from '../../storage/contracts/ledger-reader.ts'
import { buildDeploymentBook } from '../deployment-book.ts'
import { contextPolicyOf, policyOf } from '../rules.ts'
import { storedRequest } from './replayed.ts'

/** What a policy is tried with: what is known of prompts, prices and deployments now. Nothing of it is changed. */
export interface TrialGround {
  readonly prices: PriceBook
  readonly pricing: Pick<Money, 'bound' | 'affordableOutput' | 'estimateInput'>
  readonly health: Pick<DeploymentHealth, 'latencyOf'>
}

/** A configuration as one side of a comparison. */
export function replaySide(config: Config, { prices, pricing, health }: TrialGround): ReplaySide {
  const book = buildDeploymentBook(config, prices)
  const contexts = contextPolicyOf(config)
  return {
    policy: policyOf(config, book, pricing, {
      latencyOf: (deployment, streams) => health.latencyOf(deployment, streams),
      // Those that ran then are over; equal deployments share by chance, as they do while nothing runs.
      runningOn: () => 0,
    }),
    tenant: (tenantId) => contexts.tenant(tenantId),
    cost: ({ price }, usage) => (price ? priceUsage(price, usage).cost.total : null),
  }
}

/** What is compared. */
export interface TrialAsk {
  readonly before: Config
  readonly after: Config
  /** What is taken for granted of requests that do not say it. Default: nothing, they count as unchanged. */
  readonly supposed?: SupposedSignals
}

/** What is told while a simulation runs, the result last. */
export type SimulationNews =
  | { readonly progress: { readonly requests: number; readonly share: number } }
  | { readonly changed: ChangedRequest }
  | { readonly result: SimulationResult }

/** What a change would do, and to what it could not be told. */
export interface SimulationResult extends SimulationTotals {
  /** Sections that differ and whose effect is not in these figures. */
  readonly not_replayed: readonly string[]
}

/** Sections that act on running traffic and not on single requests. */
const NOT_REPLAYED = ['limits', 'budgets'] as const

/** Some requests in turn. A text instead of one is the reason for which it is left out. */
export interface RequestBatch {
  readonly batch: readonly (ReplayRequest | string)[]
  /** How much of all there is has come with it, 0 to 1. */
  readonly share: number
}

/** Requests that are decided before others get a turn. */
const AT_ONCE = 200

/**
 * Decides requests by both configurations and tells what changes as it goes. Other work of the process goes on
 * meanwhile.
 */
export async function* simulate(
  ground: TrialGround,
  { before, after, supposed = {} }: TrialAsk,
  requests: AsyncIterable<RequestBatch>,
): AsyncGenerator<SimulationNews> {
  const simulation = new Simulation(replaySide(before, ground), replaySide(after, ground), supposed)
  let seen = 0
  for await (const { batch, share } of requests) {
    for (let at = 0; at < batch.length; at += AT_ONCE) {
      for (const request of batch.slice(at, at + AT_ONCE)) {
        seen += 1
        if (typeof request === 'string') simulation.leaveOut(request)
        else {
          const changed = simulation.add(request)
          if (changed) yield { changed }
        }
      }
      await new Promise(setImmediate)
    }
    yield { progress: { requests: seen, share } }
  }
  const [was, is] = [policySectionsOf(before), policySectionsOf(after)]
  const notReplayed = NOT_REPLAYED.filter((name) => !isDeepStrictEqual(was[name], is[name]))
  yield { result: { ...simulation.totals(), not_replayed: notReplayed } }
}

/** Which stored requests. Times in ms since 1970. */
export interface StoredAsk {
  readonly from: number
  readonly to: number
  readonly tenantId?: string
}

const PAGE_ROWS = 1000

/** Requests of the ledger, the newest first, page by page. */
export async function* storedRequests(
  reader: Pick<LedgerReader, 'asked'>,
  ask: StoredAsk,
): AsyncGenerator<RequestBatch> {
  let cursor: string | null = ''
  while (cursor !== null) {
    const page: Awaited<ReturnType<LedgerReader['asked']>> = await reader.asked({
      ...ask,
      limit: PAGE_ROWS,
      ...(cursor === '' ? {} : { cursor }),
    })
    cursor = page.nextCursor
    const oldest = page.rows.at(-1)?.createdAt ?? ask.from
    const share = cursor === null ? 1 : (ask.to - oldest) / Math.max(1, ask.to - ask.from)
    yield { batch: page.rows.map(storedRequest), share }
  }
}
