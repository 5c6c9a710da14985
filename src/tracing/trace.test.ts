import { expect, test } from 'vitest'
import { spanRowsIn } from '../storage/columns/span-groups.ts'
import { attemptAttributes } from './gen-ai-attributes.ts'
import { startTrace } from './trace.ts'

function turnable(wallMs = 1_700_000_000_000) {
  let elapsedMs = 0
  let jumpMs = 0
  return {
    now: () => wallMs + elapsedMs + jumpMs,
    monotonic: () => 50 + elapsedMs,
    pass: (ms: number) => {
      elapsedMs += ms
    },
    jump: (ms: number) => {
      jumpMs += ms
    },
  }
}

function begin(parentId: string | null = null) {
  const clock = turnable()
  return { clock, trace: startTrace({ traceId: 'tr_1', parentId, clock }) }
}

test('steps become rows in one tree, under the caller’s span', async () => {
  const { clock, trace } = begin('00f067aa0ba902b7')
  const outer = trace.open('execute', 'llm')
  clock.pass(10)
  const inner = trace.open('attempt', 'llm', { 'http.method': 'POST' }, outer)
  clock.pass(5)
  trace.close(inner, 'error', { 'http.status': 500 })
  trace.close(outer, 'ok')
  trace.end('ok')
  const [root, execute, attempt] = spanRowsIn(trace.spans('acme'))
  expect(root).toMatchObject({ id: trace.rootId, parentId: '00f067aa0ba902b7', traceId: 'tr_1', tenantId: 'acme' })
  expect(execute).toMatchObject({ parentId: root?.id, name: 'execute', kind: 'llm', status: 'ok' })
  expect(attempt).toMatchObject({
    parentId: execute?.id,
    status: 'error',
    attributes: { 'http.method': 'POST', 'http.status': 500 },
  })
  expect([execute?.start, attempt?.start, attempt?.end, root?.end]).toEqual(
    [0, 10, 15, 15].map((ms) => 1_700_000_000_000 + ms),
  )
  expect(new Set([root?.id, execute?.id, attempt?.id]).size).toBe(3)
})

test('a jump of the wall clock does not bend durations', () => {
  const { clock, trace } = begin()
  const span = trace.open('a', 'other')
  clock.pass(20)
  clock.jump(-3_600_000)
  trace.close(span, 'ok')
  trace.end('ok')
  for (const row of spanRowsIn(trace.spans('t'))) expect(row.end - row.start).toBe(20)
})

test('a step that throws ends as an error and the error passes on', async () => {
  const { trace } = begin()
  await expect(trace.span('x', 'other', () => Promise.reject(new Error('boom')))).rejects.toThrow('boom')
  expect(await trace.span('y', 'other', () => 7)).toBe(7)
  trace.end('ok')
  expect(spanRowsIn(trace.spans('t')).map(({ name, status }) => `${name} ${status}`)).toEqual([
    'exchange ok',
    'x error',
    'y ok',
  ])
})

test('steps left open end with the exchange, as errors; closing twice changes nothing', () => {
  const { clock, trace } = begin()
  const closed = trace.open('closed', 'other')
  trace.open('left open', 'other')
  trace.close(closed, 'ok')
  clock.pass(30)
  trace.close(closed, 'error')
  trace.end('ok')
  const [root, first, second] = spanRowsIn(trace.spans('t'))
  expect([first?.status, first && first.end - first.start]).toEqual(['ok', 0])
  expect([second?.status, second?.end]).toEqual(['error', root?.end])
})

test('attributes and texts are bounded', () => {
  const { trace } = begin()
  const span = trace.open('x', 'other', { first: 'x'.repeat(5_000) })
  span.set(Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`a${at}`, at])))
  expect(Object.keys(span.attributes ?? {})).toHaveLength(40)
  expect(span.attributes?.first).toHaveLength(1024)
})

test('spans are bounded, what was lost is counted, and the tree stays whole', () => {
  const { trace } = begin()
  for (let at = 0; at < 300; at++) trace.open(`s${at}`, 'other', {}, trace.open('p', 'other'))
  trace.end('ok')
  const rows = spanRowsIn(trace.spans('t'))
  expect(rows).toHaveLength(200)
  expect(rows[0]?.attributes).toEqual({ 'headgate.spans_dropped': 600 - 199 })
  const ids = new Set(rows.map(({ id }) => id))
  for (const row of rows.slice(1)) expect(ids.has(row.parentId ?? '')).toBe(true)
})

test('facts of a model call get their OpenTelemetry names, unknown ones none', () => {
  const { trace } = begin()
  const span = trace.open('chat gpt-4o', 'llm')
  span.set(
    attemptAttributes({
      operation: 'chat',
      provider: 'openai',
      requestedModel: 'gpt-4o',
      servedModel: null,
      finishReason: null,
      inputTokens: 0,
      outputTokens: undefined,
      status: 'failed',
      errorCode: null,
      ttftMs: null,
      outrun: undefined,
    }),
  )
  expect(JSON.parse(JSON.stringify(span.attributes))).toEqual({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 0,
    'headgate.status': 'failed',
  })
})
