/**
 * The one table of errors. `status` is the HTTP status; `retry` says whether the caller's SDK may try again
 * (rows with `no` carry `x-should-retry: false`). Anything said about an error elsewhere is derived from here.
 */
export const ERRORS = {
  invalid_request: { status: 400, retry: false },
  metadata_missing: { status: 400, retry: false },
  unsupported_parameter: { status: 400, retry: false },
  context_length_exceeded: { status: 400, retry: false },
  guard_blocked: { status: 400, retry: false },
  invalid_api_key: { status: 401, retry: false },
  permission_denied: { status: 403, retry: false },
  tenant_mismatch: { status: 403, retry: false },
  model_not_allowed: { status: 403, retry: false },
  tool_not_allowed: { status: 403, retry: false },
  no_eligible_model: { status: 403, retry: false },
  residency_violation: { status: 403, retry: false },
  price_unknown: { status: 403, retry: false },
  kill_switch_on: { status: 403, retry: false },
  model_not_found: { status: 404, retry: false },
  task_not_found: { status: 404, retry: false },
  not_found: { status: 404, retry: false },
  idempotency_conflict: { status: 409, retry: false },
  version_conflict: { status: 409, retry: false },
  request_too_large: { status: 413, retry: false },
  budget_exceeded: { status: 429, retry: false },
  quota_exceeded: { status: 429, retry: false },
  rate_limited: { status: 429, retry: true },
  concurrency_limited: { status: 429, retry: true },
  upstream_rate_limited: { status: 429, retry: true },
  client_closed: { status: 499, retry: false },
  internal: { status: 500, retry: true },
  upstream_failed: { status: 502, retry: true },
  upstream_truncated: { status: 502, retry: true },
  upstream_invalid_response: { status: 502, retry: true },
  upstream_credential_rejected: { status: 502, retry: true },
  output_invalid: { status: 502, retry: true },
  queue_full: { status: 503, retry: true },
  no_deployment_available: { status: 503, retry: true },
  ledger_unavailable: { status: 503, retry: true },
  guard_unavailable: { status: 503, retry: true },
  deadline_exceeded: { status: 504, retry: true },
  upstream_timeout: { status: 504, retry: true },
} as const satisfies Record<string, { readonly status: number; readonly retry: boolean }>

/** A stable name that callers may branch on. */
export type ErrorCode = keyof typeof ERRORS
