import type { NanoUsd } from '../../canonical/money.ts'
import { newId } from '../../lib/ids.ts'
import type { BudgetState, BudgetWindow, RequestRow, Settlement, UsageRow } from './ledger-store.ts'
import type { SpanRow } from './span-row.ts'
import type { Storage } from './storage.ts'

/** A storage that a contract suite may use alone. */
export interface StorageUnderTest {
  readonly storage: Storage
  /** Makes everything that an instance did look so much longer ago. */
  letTimePass(ms: number): Promise<void>
  close(): Promise<void>
}

/** Opens a new, empty, migrated storage. */
export type OpenStorage = () => Promise<StorageUnderTest>

const DAY_MS = 86_400_000

/** A name that no other test has. */
export function unique(prefix: string): string {
  return newId(prefix)
}

/** A registered instance. */
export async function instanceOf(storage: Storage): Promise<string> {
  const id = unique('ins')
  await storage.ledger.registerInstance(id)
  return id
}

/** An open budget window with a limit. */
export function windowOf(limit: NanoUsd, key: string = unique('budget')): BudgetWindow {
  return { key, windowId: 'day:2026-11-21', unit: 'usd', limit, endsAt: Date.now() + DAY_MS }
}

/** The state of a window; zero when it does not exist. */
export async function stateOf(
  storage: Storage,
  window: BudgetWindow,
): Promise<Pick<BudgetState, 'limit' | 'posted' | 'sliced'>> {
  const states = await storage.ledger.budgets()
  const found = states.find((state) => state.key === window.key && state.windowId === window.windowId)
  return found
    ? { limit: found.limit, posted: found.posted, sliced: found.sliced }
    : { limit: 0n, posted: 0n, sliced: 0n }
}

/** A usage row like those of a plain completed call. */
export function usageRow(changes: Partial<UsageRow> = {}): UsageRow {
  return {
    id: unique('att'),
    traceId: unique('trc'),
    attempt: 1,
    tenantId: 'acme',
    userId: 'u1',
    teamId: null,
    keyId: 'key_1',
    feature: 'chat',
    task: null,
    route: 'balanced-large',
    model: 'gpt-4o-mini',
    provider: 'openai',
    deployment: 'openai/gpt-4o-mini',
    region: null,
    promptVersion: null,
    risk: 'read_only',
    plan: null,
    inputTokens: 100,
    outputTokens: 20,
    cachedTokens: 10,
    cacheWriteTokens: 0,
    reasoningTokens: 5,
    estimatedCost: 900n,
    cost: 500n,
    toolFees: 100n,
    charge: 600n,
    priceVersion: 'v1',
    serviceTierAsked: 'priority',
    serviceTier: 'default',
    usageEstimated: false,
    latencyMs: 120,
    ttftMs: 40,
    status: 'completed',
    errorCode: null,
    finishReason: 'stop',
    cache: null,
    createdAt: Date.now(),
    ...changes,
  }
}

/** A request row like that of a plain completed call. */
export function requestRow(changes: Partial<RequestRow> = {}): RequestRow {
  return {
    traceId: unique('trc'),
    tenantId: 'acme',
    userId: 'u1',
    keyId: 'key_1',
    feature: 'chat',
    task: null,
    requestedModel: 'balanced-large',
    route: 'balanced-large',
    servedModel: 'openai/gpt-4o-mini',
    fallbackReason: null,
    dialect: 'openai-chat',
    stream: true,
    status: 'completed',
    errorCode: null,
    cost: 500n,
    charge: 600n,
    latencyMs: 120,
    ttftMs: 40,
    dropped: [],
    flags: [],
    decision: { rule: 'default' },
    asked: { prompt: { bytes: 120 } },
    createdAt: Date.now(),
    ...changes,
  }
}

/** A span of a trace. */
export function spanRow(changes: Partial<SpanRow> = {}): SpanRow {
  return {
    id: unique('spn'),
    traceId: unique('trc'),
    parentId: null,
    tenantId: 'acme',
    name: 'execute',
    kind: 'other',
    start: Date.now(),
    end: Date.now() + 5,
    status: 'ok',
    attributes: { attempt: 1 },
    ...changes,
  }
}

/** A settlement of one attempt that spent `cost` on each of the windows. */
export function settlementOf(
  cost: NanoUsd,
  windows: readonly BudgetWindow[],
  changes: Partial<UsageRow> = {},
): Settlement {
  const row = usageRow({ cost, charge: cost, ...changes })
  return {
    usage: [row],
    request: requestRow({ traceId: row.traceId, tenantId: row.tenantId, cost, charge: cost, createdAt: row.createdAt }),
    spans: [],
    postings: windows.map((window) => ({ window, spent: cost })),
  }
}
