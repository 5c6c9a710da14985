import { expect, test } from 'vitest'
import { requestRow, usageRow } from '../storage/contracts/samples.contract.ts'
import type { SpanRow } from '../storage/contracts/span-row.ts'
import { traceView } from './trace-view.ts'

const AT = Date.UTC(2026, 10, 21)

const CALL = { traceId: 'tr_123', tenantId: 'tenant_42', feature: 'support_agent', task: 'rag_answer', createdAt: AT }

const USAGE = usageRow({
  ...CALL,
  cost: 4_000_000n,
  charge: 5_000_000n,
  status: 'failed',
  errorCode: 'upstream_failed',
})

const REQUEST = requestRow({
  ...CALL,
  route: 'balanced-large -> fallback-medium',
  servedModel: 'openai/gpt-4o',
  fallbackReason: 'server_error',
  cost: 24_000_000n,
  charge: 30_000_000n,
  latencyMs: 4810,
  ttftMs: 900,
  dropped: ['seed'],
  flags: ['injection_medium'],
  decision: { task: 'rag_answer' },
})

const SPAN: SpanRow = {
  id: 'b'.repeat(16),
  traceId: 'tr_123',
  parentId: null,
  tenantId: 'tenant_42',
  name: 'exchange',
  kind: 'exchange',
  start: AT,
  end: AT + 4810,
  status: 'ok',
  attributes: { 'gen_ai.request.model': 'rag_answer' },
}

test('a stored trace shows the path of the call, its attempts and its money', () => {
  const second = { ...USAGE, id: 'at_2', attempt: 2, cost: 20_000_000n, status: 'completed', errorCode: null } as const
  const view = traceView({ request: REQUEST, usage: [second, USAGE], spans: [{ ...SPAN, start: AT + 5 }, SPAN] })
  expect(view).toMatchObject({
    trace_id: 'tr_123',
    tenant_id: 'tenant_42',
    feature: 'support_agent',
    task: 'rag_answer',
    route: 'balanced-large -> fallback-medium',
    model: 'openai/gpt-4o',
    cost_usd: 0.024,
    charge_usd: 0.01,
    latency_ms: 4810,
    ttft_ms: 900,
    status: 'completed',
    dropped: ['seed'],
    flags: ['injection_medium'],
    decision: { task: 'rag_answer' },
    created_at: '2026-11-21T00:00:00.000Z',
  })
  expect(view.attempts.map(({ attempt, status, cost_usd }) => [attempt, status, cost_usd])).toEqual([
    [1, 'failed', 0.004],
    [2, 'completed', 0.02],
  ])
  expect(view.spans.map(({ start, duration_ms }) => [start, duration_ms])).toEqual([
    ['2026-11-21T00:00:00.000Z', 4810],
    ['2026-11-21T00:00:00.005Z', 4805],
  ])
  expect(() => JSON.stringify(view)).not.toThrow()
})

test('a trace whose exchange row is missing shows what is known from its attempts', () => {
  expect(traceView({ request: null, usage: [USAGE], spans: [] })).toMatchObject({
    trace_id: 'tr_123',
    tenant_id: 'tenant_42',
    status: 'failed',
    error_code: 'upstream_failed',
    latency_ms: null,
    decision: null,
    dropped: [],
  })
})

test('a trace of spans alone still names itself', () => {
  expect(traceView({ request: null, usage: [], spans: [SPAN] })).toMatchObject({
    trace_id: 'tr_123',
    tenant_id: 'tenant_42',
    cost_usd: 0,
    status: null,
  })
})
