/** One row of `llm_spans`. Times in ms since 1970. */
export interface SpanRow {
  readonly id: string
  readonly traceId: string
  readonly parentId: string | null
  readonly tenantId: string
  readonly name: string
  readonly kind: string
  readonly start: number
  readonly end: number
  readonly status: 'ok' | 'error'
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

/*
 * Spans on their way into `llm_spans`, as JSON says them. A call has half a dozen: what they share is said once, what is usual not at all, and times are
 * whole µs after the first. They are written for every call, and take a third as many values as rows would. `span-groups.ts` turns rows into them and back.
 */

/**
 * One span: its name, kind, begin after the group's, and how long it took. Of a span that ended well, says nothing of itself and is a child of the first,
 * that is all. A parent is the place of another span in the group, the first being 0. A span with an id of its own names its parent by id.
 */
export type SpanValues =
  | readonly [name: string, kind: string, afterMicros: number, tookMicros: number]
  | readonly [
      ...usual: readonly [name: string, kind: string, afterMicros: number, tookMicros: number],
      status: SpanRow['status'],
      attributes: Readonly<Record<string, string | number | boolean | undefined>>,
      parentPlace: number,
    ]
  | readonly [
      ...usual: readonly [name: string, kind: string, afterMicros: number, tookMicros: number],
      status: SpanRow['status'],
      attributes: SpanRow['attributes'],
      parentId: string | null,
      id: string,
    ]

/**
 * Spans of one trace and tenant. `rootId` (16 hex digits) is the id of the first one, whose parent is `parentId`; the others' ids are made of it and their
 * places, see `spanIdAt`. Null where spans have ids of their own.
 */
export type SpanGroup = readonly [
  traceId: string,
  tenantId: string,
  rootId: string | null,
  parentId: string | null,
  startMicros: number,
  spans: readonly SpanValues[],
]
