import type { SpanRow } from './span-row.ts'

/** Where applications' own spans go. Rejects with GatewayError `ledger_unavailable`. */
export interface SpanStore {
  /** Keeps them. One whose trace, tenant and id are there already stays as it was. */
  add(spans: readonly SpanRow[]): Promise<void>
}
