import type { JsonObject } from '../../lib/json.ts'
import type { Page } from './ledger-reader.ts'

/** Something that an operator should know. */
export interface AlertEntry {
  /** What it is about, the same text each time: `budget/tenant=acme/usd/day/day:2026-11-21/alert_at=0.8`. */
  readonly key: string
  readonly kind: string
  /** Whom it concerns: `{ tenant: 'acme' }`. */
  readonly scope: Readonly<Record<string, string | true>>
  /** In words. */
  readonly message: string
  /** Its figures. */
  readonly details: JsonObject
}

/** An alert as stored. */
export interface AlertRow extends AlertEntry {
  readonly id: string
  /** The store's own time, ms since 1970. */
  readonly at: number
}

/** Which alerts to list. */
export interface AlertQuery {
  /** 1 to 1000. */
  readonly limit: number
  readonly cursor?: string
  readonly kind?: string
}

/** Where alerts are kept, so that of many instances and repetitions one is heard. All methods reject with GatewayError `ledger_unavailable`. */
export interface AlertStore {
  /** Keeps an alert; null when one with its key was kept less than `quietMs` ago, or ever when that is null. */
  raise(entry: AlertEntry, quietMs: number | null): Promise<AlertRow | null>
  /** Whose turn it is: true for one caller in every `everyMs`, by the store's time. */
  claim(name: string, everyMs: number): Promise<boolean>
  /** Newest first. */
  list(query: AlertQuery): Promise<Page<AlertRow>>
}
