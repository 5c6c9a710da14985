import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { Page } from './ledger-reader.ts'

/** One thing that differs from the version before. */
export interface PolicyChange {
  /** `tasks.rag_answer.default`. */
  readonly path: string
  /** Null where there was nothing. */
  readonly before: JsonValue
  readonly after: JsonValue
}

/** A policy that is to be kept. */
export interface NewPolicyVersion {
  /** The same for the same sections. */
  readonly hash: string
  /** Where it came from. */
  readonly source: 'file' | 'ledger'
  /** Who: a key's id, a console session, or `file`. */
  readonly actor: string
  readonly reason: string | null
  /** The sections as they were written, all of them. */
  readonly sections: JsonObject
  readonly changes: readonly PolicyChange[]
}

/** A policy that was in force, or is. */
export interface PolicyVersion extends NewPolicyVersion {
  /** Counts from 1, without gaps. */
  readonly number: number
  /** The store's own time, ms since 1970. */
  readonly createdAt: number
}

/** The versions of the policy. They are added and read, never changed. All methods reject with GatewayError `ledger_unavailable`. */
export interface PolicyStore {
  /** Adds a version and, when it was published, its row in the audit log. Null, and nothing is written, when the newest is not number `after` (0: there is none). */
  append(version: NewPolicyVersion, after: number): Promise<PolicyVersion | null>
  /** The newest number, 0 when there is none: cheap, to be asked often. */
  newest(): Promise<number>
  get(number: number): Promise<PolicyVersion | null>
  /** Newest first; the cursor is the last number of the page before. */
  list(query: { readonly limit: number; readonly cursor?: string }): Promise<Page<PolicyVersion>>
}
