import type { JsonValue } from '../../lib/json.ts'
import type { Page } from './ledger-reader.ts'

/** One thing that somebody did to the gateway. */
export interface AuditEntry {
  /** Who: a key's id, a console session, or `process`. */
  readonly actor: string
  /** What, as a dotted verb: `key.create`, `kill_switch.on`. */
  readonly action: string
  /** To what: `key=key_01…`, `tenant=acme`. */
  readonly subject: string
  /** The subject before and after, without secrets; null when there was or is nothing. */
  readonly before: JsonValue
  readonly after: JsonValue
  readonly reason: string | null
}

/** An entry as stored. */
export interface AuditRow extends AuditEntry {
  readonly id: string
  /** The store's own time, ms since 1970. */
  readonly at: number
}

/** Which entries to list. */
export interface AuditQuery {
  /** 1 to 1000. */
  readonly limit: number
  readonly cursor?: string
  readonly actor?: string
  readonly subject?: string
}

/** What operators did. Entries are appended and read, never changed. */
export interface AuditLog {
  /** Durable when it resolves; rejects with GatewayError `ledger_unavailable`. */
  append(entry: AuditEntry): Promise<AuditRow>
  /** Newest first. */
  list(query: AuditQuery): Promise<Page<AuditRow>>
}
