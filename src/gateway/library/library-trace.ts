import type { LedgerReader } from '../../storage/contracts/ledger-reader.ts'
import type { SpanStore } from '../../storage/contracts/span-store.ts'
import { SPAN_KINDS, type SpanKind, spanRowsOf } from '../app-spans.ts'
import type { Log } from '../log.ts'

/** What is known of a step. */
export interface SpanOptions {
  /** Default: the name, where that is a kind, else `other`. */
  readonly kind?: SpanKind
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}

/** A trace, to which product code adds what it does around its calls. */
export interface LibraryTrace {
  /** Does a step and notes how long it took and whether it failed. Gives what the step gives; that the note could not be kept is logged and no error. */
  span<Result>(name: string, step: () => Result | Promise<Result>, options?: SpanOptions): Promise<Result>
}

/** Whose trace it is; only needed where no call of the trace was made yet. */
export interface TraceOwner {
  readonly tenantId: string
}

/** A trace of the ledger. */
export function libraryTrace(
  { spans, reader, log }: { readonly spans: SpanStore; readonly reader: LedgerReader; readonly log: Log },
  traceId: string,
  owner?: TraceOwner,
): LibraryTrace {
  const keep = async (span: object): Promise<void> => {
    const tenantId = owner?.tenantId ?? (await reader.trace(traceId, null))?.request?.tenantId
    if (tenantId === undefined) throw new Error('no call of this trace was made yet: say whose it is with { tenantId }')
    await spans.add(spanRowsOf(traceId, tenantId, { spans: [span] }))
  }
  return {
    async span(name, step, { kind, attributes = {} } = {}) {
      const start = Date.now()
      const began = performance.now()
      const ended = async (status: 'ok' | 'error'): Promise<void> => {
        const end = start + performance.now() - began
        const named = SPAN_KINDS.find((known) => known === name) ?? 'other'
        await keep({ name, kind: kind ?? named, start, end, status, attributes }).catch((error: unknown) =>
          log.warn({ err: error, trace_id: traceId, span: name }, 'a span of the application could not be kept'),
        )
      }
      try {
        const result = await step()
        await ended('ok')
        return result
      } catch (error) {
        await ended('error')
        throw error
      }
    },
  }
}
