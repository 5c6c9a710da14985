import { usdNumber } from '../../canonical/money.ts'
import type { GatewayError } from '../../errors/gateway-error.ts'
import type { Candidate, Decision } from '../../policy/decision.ts'
import { outlineJson, receipt } from '../../policy/receipt.ts'
import { RouteRefusal } from '../../policy/refusal.ts'
import type { Authenticated, Received } from '../stages.ts'
import type { Explanation, RefusalView } from './explanation.ts'
import { budgetView, contextView, rateView, type ViewFor } from './limit-views.ts'
import type { Findings } from './rehearsal.ts'

/** How far a rehearsal came. */
export interface Progress {
  readonly received: Received
  authenticated?: Authenticated
  decision?: Decision
  /** What would be called. */
  chosen?: Candidate
  refusal?: GatewayError
}

/** What is told of it. */
export function explanationOf(progress: Progress, findings: Findings, viewFor: ViewFor): Explanation {
  const { received, authenticated, decision, chosen, refusal } = progress
  const { exchange, request } = received
  const limits = [
    ...[...findings.limits.values()].map((stance) => rateView(stance, viewFor)),
    ...[...findings.budgets.values()].map((look) => budgetView(look, viewFor)),
  ]
  const outline = refusal instanceof RouteRefusal ? outlineJson(refusal.outline) : {}
  const { wait } = findings
  return {
    ...UNDECIDED,
    task: authenticated?.context.task ?? null,
    requested_model: request.model,
    ...outline,
    ...(decision ? receipt(decision) : {}),
    chosen: chosen ? chosenView(chosen) : null,
    ...(chosen && decision ? { estimate: estimateOf(chosen, decision) } : {}),
    limits,
    waits: wait && !refusal ? { for: wait.for, up_to_ms: wait.mostMs, room_in_ms: wait.roomInMs } : null,
    refusal: refusal ? refusalView(refusal) : null,
    context: authenticated ? contextView(authenticated.context) : {},
    ignored: [
      ...exchange.dropped.filter((path) => !isSupposed(path, viewFor)),
      ...(exchange.call.supposed?.ignored ?? []),
    ],
    flags: exchange.flags,
  }
}

/** An operator's plan counts. */
function isSupposed(path: string, { onPlan }: ViewFor): boolean {
  return onPlan && (path === 'metadata.plan' || path === 'x-headgate-plan')
}

/** What is said of a call of which nothing was decided. */
const UNDECIDED = {
  rule: { task: null, index: null, text: 'refused before any rule was tried' },
  rules: [],
  candidates: [],
  estimate: { input_tokens: null, output_tokens: null, cost_usd: null },
  downgraded: null,
  fallback: null,
  deadline_ms: null,
  adjustments: [],
}

function chosenView({ deployment }: Candidate): NonNullable<Explanation['chosen']> {
  return { deployment: deployment.id, model: deployment.model, provider: deployment.endpoint.provider }
}

function estimateOf({ inputTokens, maxOutputTokens, worstCase }: Candidate, { answers }: Decision) {
  return { input_tokens: inputTokens, output_tokens: maxOutputTokens * answers, cost_usd: usdNumber(worstCase) }
}

function refusalView(error: GatewayError): RefusalView {
  return {
    code: error.code,
    status: error.status,
    message: error.message,
    retry: error.retryable,
    retry_after_seconds: error.retryAfterSeconds ?? null,
    param: error.param ?? null,
    details: error.details ?? null,
  }
}
