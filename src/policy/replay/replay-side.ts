import type { NanoUsd } from '../../canonical/money.ts'
import type { Usage } from '../../canonical/usage.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { Deployment } from '../../providers/deployment.ts'
import type { Decision } from '../decision.ts'
import type { Policy } from '../policy.ts'
import { decide } from '../route.ts'
import type { ReplayRequest } from './replay-request.ts'

/** One of the two policies that requests are decided by. */
export interface ReplaySide {
  readonly policy: Policy
  /** What the configuration says of a tenant; null for one that it does not name. */
  tenant(tenantId: string): { readonly plan: string | null; readonly region: string | null } | null
  /** What a usage costs on a deployment; null when it has no price. */
  cost(deployment: Deployment, usage: Usage): NanoUsd | null
}

/** What a policy does with a request. */
export interface Verdict {
  /** `provider/model` that is asked first; null when the request is refused. */
  readonly model: string | null
  /** The error code of the refusal; null when it runs. */
  readonly refusal: string | null
  /** Why, in words: the rule that led there, or the refusal. */
  readonly text: string
  /** The real usage at this model's price; for what has no usage on record, nothing. */
  readonly cost: NanoUsd
  /** The most it can cost, for a request that runs and has no usage on record. */
  readonly estimate: NanoUsd
  /** How many deployments could take over; null where that was not decided. */
  readonly fallbacks: number | null
  /** Whether the answer on record was longer than this policy lets it be. */
  readonly cut: boolean
  readonly decision: Decision | null
}

/** Refusals that a decision makes by itself; all others (limits, budgets, guards, switches) are no policy's, and are taken from the record. */
const DECIDED: ReadonlySet<string> = new Set([
  'model_not_found',
  'task_not_found',
  'metadata_missing',
  'tool_not_allowed',
  'permission_denied',
  'context_length_exceeded',
  'model_not_allowed',
  'price_unknown',
  'residency_violation',
  'no_eligible_model',
])

/** Decides a request by one policy. Throws NotRecorded when that takes something that is neither on record nor supposed. */
export function verdictOn(request: ReplayRequest, side: ReplaySide): Verdict {
  const { recorded, usage } = request
  let decision: Decision
  try {
    decision = decide({ ...request.ask, context: contextBy(request, side) }, side.policy)
  } catch (error) {
    if (error instanceof GatewayError && error.code !== 'internal') return refused(error.code, error.message)
    throw error
  }
  const [first, ...others] = decision.candidates
  const refusal = recorded.refusal !== null && !DECIDED.has(recorded.refusal) ? recorded.refusal : null
  if (refusal !== null) return { ...refused(refusal, `refused by ${refusal} then, which is no routing`), decision }
  const cost = usage ? side.cost(first.deployment, usage) : null
  return {
    model: first.deployment.id,
    refusal: null,
    text: decision.rule.text,
    cost: cost ?? 0n,
    estimate: usage || recorded.model !== null ? 0n : first.worstCase,
    fallbacks: others.length,
    cut: usage !== null && generated(usage) > first.maxOutputTokens * decision.answers,
    decision,
  }
}

/** What became of a request then, for a policy that cannot decide it. */
export function recordedVerdict({ recorded: { model, refusal, cost } }: ReplayRequest): Verdict {
  return { ...UNDECIDED, model, refusal, text: 'as it was recorded', cost: cost ?? 0n, fallbacks: null }
}

const UNDECIDED = { estimate: 0n, fallbacks: 0, cut: false, decision: null } as const

function refused(code: string, text: string): Verdict {
  return { ...UNDECIDED, model: null, refusal: code, text, cost: 0n }
}

/** The context as it would be read today: plan and residency come from the tenant, and the name of a task may stand where a model does. */
function contextBy({ ask }: ReplayRequest, { tenant, policy }: ReplaySide): ReplayRequest['ask']['context'] {
  const { context, model } = ask
  const known = tenant(context.tenantId)
  return {
    ...context,
    plan: known?.plan ?? null,
    region: known?.region ?? context.region,
    task: context.task ?? (policy.tasks.has(model) ? model : null),
  }
}

function generated(usage: Usage): number {
  return (usage.outputText ?? 0) + (usage.reasoning ?? 0) + (usage.outputAudio ?? 0) + (usage.outputImage ?? 0)
}
