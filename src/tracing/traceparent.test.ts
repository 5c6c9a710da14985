import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatTraceparent, isTraceId, newSpanId, newTraceId, parseTraceparent, traceIdentity } from './traceparent.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'

describe('traceparent', () => {
  test('a well-formed one is continued', () => {
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({ traceId: TRACE, parentId: SPAN })
    expect(traceIdentity({ traceparent: `00-${TRACE}-${SPAN}-00` })).toEqual({ traceId: TRACE, parentId: SPAN })
  })

  test.each([
    undefined,
    '',
    TRACE,
    `01-${TRACE}-${SPAN}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-extra`,
    `00-${TRACE}-${SPAN}-01\n`,
    ` 00-${TRACE}-${SPAN}-01`,
  ])('anything else is ignored and a trace of its own begins: %j', (traceparent) => {
    expect(parseTraceparent(traceparent)).toBeNull()
    const identity = traceIdentity(traceparent === undefined ? {} : { traceparent })
    expect(identity.parentId).toBeNull()
    expect(identity.traceId).toMatch(/^[0-9a-f]{32}$/)
  })

  test('two values are no value', () => {
    expect(traceIdentity({ traceparent: [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-01`] }).traceId).not.toBe(TRACE)
  })

  test('what is written can be read back', () => {
    fc.assert(
      fc.property(fc.constant(null), () => {
        const [traceId, spanId] = [newTraceId(), newSpanId()]
        expect(parseTraceparent(formatTraceparent(traceId, spanId) ?? '')).toEqual({ traceId, parentId: spanId })
      }),
    )
  })

  test('a trace with a name of our own cannot be told in W3C form', () => {
    expect(formatTraceparent('tr_abc', SPAN)).toBeNull()
  })
})

describe('x-headgate-trace-id', () => {
  test.each([TRACE, 'tr_123', `tr_${'a'.repeat(61)}`])('%s names the trace, before traceparent', (id) => {
    const other = `00-${'a'.repeat(32)}-${SPAN}-01`
    expect(traceIdentity({ 'x-headgate-trace-id': id, traceparent: other })).toEqual({ traceId: id, parentId: null })
  })

  test('the parent span counts when both headers name the same trace', () => {
    const headers = { 'x-headgate-trace-id': TRACE, traceparent: `00-${TRACE}-${SPAN}-01` }
    expect(traceIdentity(headers)).toEqual({ traceId: TRACE, parentId: SPAN })
  })

  test.each(['', 'abc', 'tr_', 'tr_a b', 'tr_../x', `tr_${'a'.repeat(62)}`, '0'.repeat(32), 'tr_é'])(
    'an unsafe one is not used: %j',
    (id) => {
      expect(isTraceId(id)).toBe(false)
      expect(traceIdentity({ 'x-headgate-trace-id': id }).traceId).not.toBe(id)
    },
  )
})
