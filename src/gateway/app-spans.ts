import * as z from 'zod'
import { GatewayError } from '../errors/gateway-error.ts'
import type { SpanRow } from '../storage/contracts/span-row.ts'
import { isTraceId, newSpanId } from '../tracing/traceparent.ts'
import { checkedBody } from './checked-body.ts'

/** What a step of an application may be. */
export const SPAN_KINDS = ['prompt', 'retrieval', 'rerank', 'tool', 'guard', 'postprocess', 'other'] as const
/** One of them. */
export type SpanKind = (typeof SPAN_KINDS)[number]

const MOST_SPANS = 100
const MOST_ATTRIBUTES = 40
const LONGEST_VALUE = 1024

const moment = z
  .union([z.number().min(0), z.iso.datetime({ offset: true })], {
    error: 'must be an ISO time or milliseconds since 1970',
  })
  .transform((said) => (typeof said === 'number' ? said : Date.parse(said)))
const id = z.string().regex(/^[\w.:-]{1,64}$/, { error: 'must be 1 to 64 letters, digits or . _ : -' })

const span = z
  .strictObject({
    name: z.string().min(1).max(200),
    kind: z.enum(SPAN_KINDS),
    start: moment,
    end: moment,
    id: id.optional(),
    parent_id: id.nullish(),
    status: z.enum(['ok', 'error']).default('ok'),
    attributes: z
      .record(z.string().min(1).max(128), z.union([z.string(), z.number(), z.boolean()]))
      .refine((all) => Object.keys(all).length <= MOST_ATTRIBUTES, {
        error: `must have at most ${MOST_ATTRIBUTES} names`,
      })
      .default({}),
  })
  .refine(({ start, end }) => end >= start, { error: 'must not be before start', path: ['end'] })

const spansOf = z.strictObject({ spans: z.array(span).min(1).max(MOST_SPANS) })

/** The rows of spans that an application sends for a trace. Throws GatewayError `invalid_request` with the field, `not_found` for what is no trace's id. */
export function spanRowsOf(traceId: string, tenantId: string, body: unknown): readonly SpanRow[] {
  if (!isTraceId(traceId)) throw new GatewayError('not_found', `${traceId.slice(0, 100)} is not the id of a trace.`)
  return checkedBody(spansOf, body).spans.map(({ parent_id: parentId, attributes, ...said }) => ({
    ...said,
    id: said.id ?? newSpanId(),
    parentId: parentId ?? null,
    traceId,
    tenantId,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [
        name,
        typeof value === 'string' ? value.slice(0, LONGEST_VALUE) : value,
      ]),
    ),
  }))
}
