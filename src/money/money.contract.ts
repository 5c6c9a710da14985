import { type CallContext, SILENT_CALL } from '../access/context.ts'
import type { Amounts } from '../canonical/amounts.ts'
import type { NanoUsd } from '../canonical/money.ts'
import type { Clock } from '../lib/clock.ts'
import type { Deployment, ModelPrice } from '../providers/deployment.ts'
import type { RequestRow, UsageRow } from '../storage/contracts/ledger-store.ts'
import type { BudgetPolicy, BudgetSource, TenantLimits } from './budget-source.ts'
import type { ClosedExchange } from './reservation.ts'

// What the money room's tests have in common.

/** One US cent in nano-USD. */
export const CENT: NanoUsd = 10_000_000n
/** One US dollar in nano-USD. */
export const DOLLAR: NanoUsd = 100n * CENT

/** A clock that only moves when told to. */
export interface HandClock extends Clock {
  /** Both clocks go on by so many ms. */
  advance(ms: number): void
}

/** A clock that stands at an instant. */
export function handClock(atMs: number): HandClock {
  let passed = 0
  return {
    now: () => atMs + passed,
    monotonic: () => passed,
    advance: (ms) => {
      passed += ms
    },
  }
}

/** A call of feature `chat` for a tenant. */
export function callContext(tenantId: string, changes: Partial<CallContext> = {}): CallContext {
  return { ...SILENT_CALL, tenantId, feature: 'chat', ...changes }
}

/** A price in nano-USD per million; whole cents a token unless changed. */
export function modelPrice(changes: Partial<ModelPrice> = {}): ModelPrice {
  const input = changes.input ?? 3_000_000_000n
  const output = changes.output ?? 15_000_000_000n
  return {
    version: 'test',
    input,
    output,
    cacheRead: input,
    cacheReadAudio: input,
    cacheWrite5m: input,
    cacheWrite1h: input,
    reasoning: output,
    inputAudio: input,
    outputAudio: output,
    outputImage: output,
    tiers: [],
    ...changes,
  }
}

/** A deployment as far as money looks at it. */
export function deployment(price: ModelPrice | null, model = 'test-model'): Deployment {
  const endpoint = { provider: 'test' } as Deployment['endpoint']
  const limits = { contextTokens: null, maxOutputTokens: null, quality: null }
  return { id: `test/${model}`, model, price, endpoint, ...limits } as Deployment
}

/** A completed attempt that cost so much. */
export function usageRow(id: string, cost: NanoUsd, changes: Partial<UsageRow> = {}): UsageRow {
  return {
    id,
    traceId: `trace-${id}`,
    attempt: 1,
    tenantId: 'acme',
    userId: null,
    teamId: null,
    keyId: null,
    feature: 'chat',
    task: null,
    route: null,
    model: 'test-model',
    provider: 'test',
    deployment: 'test/test-model',
    region: null,
    promptVersion: null,
    risk: 'read_only',
    plan: null,
    inputTokens: 10,
    outputTokens: 5,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 0,
    estimatedCost: cost,
    cost,
    toolFees: 0n,
    charge: cost,
    priceVersion: 'test',
    serviceTierAsked: null,
    serviceTier: null,
    usageEstimated: false,
    latencyMs: 100,
    ttftMs: null,
    status: 'completed',
    errorCode: null,
    finishReason: 'stop',
    cache: null,
    createdAt: 0,
    ...changes,
  }
}

/** An exchange that closed with these rows. */
export function closedWith(...usage: readonly UsageRow[]): ClosedExchange {
  const cost = usage.reduce((sum, row) => sum + row.cost, 0n)
  const request: RequestRow = {
    traceId: usage[0]?.traceId ?? 'trace',
    tenantId: usage[0]?.tenantId ?? 'acme',
    userId: null,
    keyId: null,
    feature: 'chat',
    task: null,
    requestedModel: 'test-model',
    route: null,
    servedModel: null,
    fallbackReason: null,
    dialect: 'openai-chat',
    stream: false,
    status: 'completed',
    errorCode: null,
    cost,
    charge: cost,
    latencyMs: 100,
    ttftMs: null,
    dropped: [],
    flags: [],
    decision: null,
    asked: null,
    createdAt: 0,
  }
  return { usage, request, spans: [] }
}

/** What a tenant may spend in a day, or another window. */
export function tenantBudget(limit: NanoUsd, changes: Partial<BudgetPolicy> = {}): BudgetPolicy {
  return { per: 'tenant', unit: 'usd', limit, window: 'day', match: [], ...changes }
}

/** The worst case of a call that only costs money. */
export function usd(amount: NanoUsd): Amounts {
  return { usd: amount, tokens: 0n, requests: 0n }
}

/** Budgets that a test changes while they are in force. */
export class TestBudgets implements BudgetSource {
  limits: TenantLimits = { budgets: [], timezone: 'UTC' }
  list: readonly BudgetPolicy[] = []

  tenantLimits(): TenantLimits {
    return this.limits
  }

  policies(): readonly BudgetPolicy[] {
    return this.list
  }

  /** Every tenant may spend this much a day, and nothing else is limited. */
  static daily(limit: NanoUsd): TestBudgets {
    const budgets = new TestBudgets()
    budgets.limits = { budgets: [tenantBudget(limit)], timezone: 'UTC' }
    return budgets
  }
}
