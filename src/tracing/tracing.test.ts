import { describe, expect, it } from 'vitest'
import { spanRowsIn } from '../storage/columns/span-groups.ts'
import { startTrace } from './trace.ts'
import { formatTraceparent, traceIdentity } from './traceparent.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

describe('the identity of a trace', () => {
  it('continues the caller’s W3C trace', () => {
    expect(traceIdentity({ traceparent: `00-${TRACE}-${SPAN}-01` })).toEqual({ traceId: TRACE, parentId: SPAN })
  })

  it.each([
    `01-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-extra`,
    'nonsense',
  ])('begins anew when the header is malformed: %s', (traceparent) => {
    const { traceId, parentId } = traceIdentity({ traceparent })
    expect(traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(traceId).not.toBe(TRACE)
    expect(parentId).toBeNull()
  })

  it('takes the caller’s own id when it is safe to store and to print', () => {
    expect(traceIdentity({ 'x-headgate-trace-id': 'tr_checkout-42' }).traceId).toBe('tr_checkout-42')
    for (const unsafe of ['tr_<script>', "tr_' or 1=1", 'x'.repeat(200), 'tr_', '']) {
      expect(traceIdentity({ 'x-headgate-trace-id': unsafe }).traceId).toMatch(/^[0-9a-f]{32}$/)
    }
  })

  it('is told onward in the same form', () => {
    expect(formatTraceparent(TRACE, SPAN)).toBe(`00-${TRACE}-${SPAN}-01`)
    expect(formatTraceparent('tr_own', SPAN)).toBeNull()
  })
})

describe('the spans of an exchange', () => {
  const clock = { at: 1_000, now: () => clock.at, monotonic: () => clock.at }
  const begin = () => startTrace({ traceId: TRACE, parentId: SPAN, clock })

  it('hang below the exchange, which hangs below the caller', async () => {
    const trace = begin()
    await trace.span('reserve', 'money', async () => {
      clock.at += 5
    })
    await expect(trace.span('execute', 'llm', () => Promise.reject(new Error('down')))).rejects.toThrow('down')
    trace.end('error', { 'gen_ai.response.model': 'm' })
    const [root, reserve, execute] = spanRowsIn(trace.spans('acme'))
    expect(root).toMatchObject({ parentId: SPAN, status: 'error', tenantId: 'acme' })
    expect(root?.attributes).toEqual({ 'gen_ai.response.model': 'm' })
    expect(reserve).toMatchObject({ name: 'reserve', parentId: root?.id, status: 'ok' })
    expect((reserve?.end ?? 0) - (reserve?.start ?? 0)).toBe(5)
    expect(execute).toMatchObject({ name: 'execute', status: 'error' })
  })

  it('never end before they began, though the clock jumps back', () => {
    const trace = begin()
    const span = trace.open('execute', 'llm')
    clock.at -= 60_000
    trace.close(span, 'ok')
    for (const row of spanRowsIn(trace.spans('acme'))) expect(row.end).toBeGreaterThanOrEqual(row.start)
  })

  it('are bounded: a runaway call does not fill the memory', () => {
    const trace = begin()
    for (let index = 0; index < 5_000; index += 1) trace.close(trace.open('attempt', 'llm'), 'ok')
    expect(spanRowsIn(trace.spans('acme')).length).toBe(200)
  })
})
