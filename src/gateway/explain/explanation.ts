import type { ErrorCode } from '../../errors/codes.ts'
import type { JsonValue } from '../../lib/json.ts'
import type { LimitView } from './limit-views.ts'

/** What a call would be told that is refused. */
export interface RefusalView {
  readonly code: ErrorCode
  /** HTTP status. */
  readonly status: number
  readonly message: string
  /** Whether the same call may succeed later without a change. */
  readonly retry: boolean
  readonly retry_after_seconds: number | null
  readonly param: string | null
  readonly details: JsonValue
}

/** Why a call would be served by what would serve it, or would be refused. The JSON of `POST /v1/explain` and of dry runs. */
export interface Explanation {
  /** The task whose policy applies. */
  readonly task: string | null
  /** What led to the deployments: a rule of the task by its place, or (null) the task or the model itself. */
  readonly rule: { readonly task: string | null; readonly index: number | null; readonly text: string }
  /** The rules of the task that were tried, up to the one that fitted. */
  readonly rules: readonly JsonValue[]
  /** What would be called first; null when the call would be refused. */
  readonly chosen: { readonly deployment: string; readonly model: string; readonly provider: string } | null
  /** Every deployment that was looked at, in order. */
  readonly candidates: readonly {
    readonly deployment: string
    readonly logical: string
    /** How its logical model chooses among its deployments. */
    readonly strategy: string
    /** Whether it may serve: the chosen one, and those that take over. */
    readonly taken: boolean
    readonly reason: string
    readonly detail: string
    readonly estimated_cost_usd: number | null
    readonly p95_ms: number | null
  }[]
  /** Upper estimates; null where nothing is known of a call that is refused. */
  readonly estimate: {
    readonly input_tokens: number | null
    readonly output_tokens: number | null
    readonly cost_usd: number | null
  }
  /** Every limit and budget that the call would meet. */
  readonly limits: readonly LimitView[]
  /** Set when it would wait for room first. */
  readonly waits: { readonly for: string; readonly up_to_ms: number; readonly room_in_ms: number | null } | null
  /** Set when it would be refused. */
  readonly refusal: RefusalView | null
  /** Set when a limit would send it to a cheaper model. */
  readonly downgraded: { readonly from: string; readonly to: string; readonly reason: string } | null
  /** Set when another than the first choice would be asked first: logical names, why, and whether it is lesser. */
  readonly fallback: {
    readonly from: string
    readonly to: string
    readonly reason: string
    readonly downgrade: boolean
  } | null
  readonly requested_model: string
  readonly deadline_ms: number | null
  readonly adjustments: readonly JsonValue[]
  /** What the call counts as. */
  readonly context: Readonly<Record<string, string | number>>
  /** Paths of what was said and does not count. */
  readonly ignored: readonly string[]
  /** What would be found out about the call. */
  readonly flags: readonly string[]
}
