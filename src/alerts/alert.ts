import { isoTime } from '../lib/iso-time.ts'
import type { AlertEntry, AlertRow } from '../storage/contracts/alert-store.ts'

/** What an alert is about. */
export type AlertKind = 'budget' | 'kill_switch' | 'token_growth' | 'unknown_price' | 'runaway' | 'promotion'

/** Something that an operator should know. */
export interface Alert extends AlertEntry {
  readonly kind: AlertKind
  /** How long the same key stays quiet afterwards, in ms; null is for ever. */
  readonly quietMs: number | null
}

/** Somebody who is told of alerts. */
export interface AlertSink {
  /** For the log: where alerts go, without secrets. */
  readonly name: string
  wants(kind: string): boolean
  /** Rejects when it could not be told: with AlertRejected when another try is no use. */
  deliver(row: AlertRow): Promise<void>
}

/** The other side does not want this alert, now or later. */
export class AlertRejected extends Error {}

/** An alert as others see it. */
export function alertView({ id, at, kind, key, scope, message, details }: AlertRow): Record<string, unknown> {
  return { id, kind, key, scope, message, details, at: isoTime(at) }
}
