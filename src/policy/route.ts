import type { CallContext } from '../access/context.ts'
import type { CallExtras } from '../canonical/call-extras.ts'
import type { Capability } from '../canonical/capability.ts'
import type { DialectName } from '../canonical/dialect-name.ts'
import { type NanoUsd, nanoUsdFrom } from '../canonical/money.ts'
import type { Deployment } from '../providers/deployment.ts'
import { checkAllowances } from './allowances.ts'
import { arranged } from './arrange.ts'
import { type CallSignals, factsOf, NO_SIGNALS } from './call-facts.ts'
import { type Candidate, type Decision, estimateOf, isSkipped, type Skipped } from './decision.ts'
import { type Demand, examine, SAFE_OUTPUT_TOKENS } from './examine.ts'
import { firstChoiceOf, withoutLesser } from './first-choice.ts'
import { withinLatency } from './latency-ceiling.ts'
import { adjustmentsOf, NO_SAY, setParameters } from './parameters.ts'
import type { Policy, Step } from './policy.ts'
import type { TaskPolicy } from './policy-input.ts'
import { leastTokens, type PromptSize } from './prompt-size.ts'
import { RouteRefusal, refusalOf } from './refusal.ts'
import { type Route, rerouted, resolveRoute, ruled } from './resolve-route.ts'
import { withTrial } from './trial.ts'

/** What a decision is asked about. */
export interface RouteAsk {
  /** As the caller wrote it. */
  readonly model: string
  readonly context: CallContext
  /** What chance is made of where a strategy leaves something to it; the agent run of the context comes first. Default: nothing. */
  readonly traceId?: string
  /** The key's own allowed names; null is no limit. */
  readonly keyAllowedModels: readonly string[] | null
  readonly prompt: PromptSize
  /** The wire format that the call came in; null for the library's. */
  readonly inboundDialect: DialectName | null
  /** The call's own output cap, per answer. */
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly topP?: number
  /** Whether it asks for JSON. Default false. */
  readonly requiresJson?: boolean
  /** Whether the answer is to be streamed. Default false. */
  readonly streams?: boolean
  /** How many answers are asked for. Default 1. */
  readonly choices?: number
  /** What it needs beyond reading and writing text. Default: nothing. */
  readonly needs?: readonly Capability[]
  /** The reasoning budget of the call, which its output cap must hold too. */
  readonly reasoningTokens?: number
  /** What the call asks of a deployment that changes its price; null for nothing. Default: nothing of any. */
  readonly asks?: (deployment: Deployment) => CallExtras | null
  /** What rules may ask about the call beside its context. Default: nothing is known. */
  readonly signals?: CallSignals
  /** A logical model or `provider/model` that is to serve instead of what the call and its task name; the task's other rules stay. */
  readonly insteadOf?: string
  /** Why an operator keeps a deployment from serving this call. Default: nobody does. */
  readonly switchedOff?: Demand['switchedOff']
}

const NOBODY: Demand['switchedOff'] = () => null

/**
 * Decides which deployments may serve a call, in which order, under which caps. Throws GatewayError: `model_not_found`,
 * `task_not_found`, `metadata_missing`, `tool_not_allowed`, `permission_denied`, `context_length_exceeded`, `model_not_allowed`, `price_unknown`, `kill_switch_on`, `residency_violation` or `no_eligible_model`, the last six with a
 * reason for each deployment in `details`.
 */
export function decide(ask: RouteAsk, policy: Policy): Decision {
  const found = resolveRoute(ask.model, ask.context.task, policy)
  const named = found.task && found.task.rules.length > 0 ? ruled(found, factsOf(ask, found.task, policy)) : found
  const route = ask.insteadOf === undefined ? withTrial(named, ask) : rerouted(named, ask.insteadOf, policy)
  const demand = demandOf(ask, route, policy)
  const deadlineMs = route.way?.policy.maxLatencyMs ?? null
  const examined = [...route.steps, ...(route.way?.escalation ?? [])].map((step) =>
    examine(asked(step, ask), demand, policy.pricing),
  )
  const mayDowngrade = ask.context.risk === 'read_only' && (route.way?.policy.fallbackPolicy?.allowDowngrade ?? true)
  const allowed = (those: readonly (Candidate | Skipped)[]) => {
    const inOrder = arranged(those, demand.answers, ask, policy)
    return mayDowngrade ? inOrder : withoutLesser(inOrder)
  }
  const quick = withinLatency(examined, deadlineMs)
  const inTime = allowed(quick)
  // A first choice is slow beside others that serve; where those may not, nobody is better than it is.
  const considered = quick === examined || inTime.some(mayBeAsked) ? inTime : allowed(examined)
  const candidates: Candidate[] = []
  const escalation: Candidate[] = []
  const skipped: Skipped[] = []
  for (const one of considered) {
    if (isSkipped(one)) skipped.push(one)
    else if (one.role === 'escalation') escalation.push(one)
    else candidates.push(one)
  }
  const [first, ...others] = candidates
  const outline = {
    task: route.task?.policy.name ?? ask.context.task,
    requestedModel: ask.model,
    rule: { task: route.task?.policy.name ?? null, index: route.ruleIndex, text: route.text },
    trials: route.trials,
    considered,
    deadlineMs,
  }
  if (!first) throw new RouteRefusal(refusalOf(skipped), outline)
  const parameters = setParameters(ask, route.way?.policy ?? null)
  const checksAnswer = isChecked(ask, route.way?.policy ?? null)
  const checksCitations = route.way?.policy.requiresCitations ?? false
  return {
    ...outline,
    candidates: [first, ...others],
    escalation,
    skipped,
    firstChoice: firstChoiceOf(considered) ?? first,
    mayDowngrade,
    estimate: estimateOf(first, demand.answers),
    answers: demand.answers,
    ceiling: demand.ceiling,
    safeOutputTokens: demand.safeOutputTokens,
    delivery: route.way?.policy.delivery ?? (checksAnswer || checksCitations ? 'whole' : 'stream'),
    partial: route.way?.policy.partial ?? 'error',
    checksAnswer,
    checksCitations,
    parameters,
    parametersChanged: Object.keys(parameters).length > 0,
    adjustments: adjustmentsOf(ask, parameters, first),
    downgraded: null,
  }
}

function mayBeAsked(one: Candidate | Skipped): boolean {
  return !isSkipped(one) && one.role !== 'escalation'
}

/** Answers are checked where the task says what they must be, or what to do when they are not; and where there is something to check. */
function isChecked({ requiresJson = false }: RouteAsk, task: TaskPolicy | null): boolean {
  return task?.responseFormat === 'json' || (requiresJson && (task?.onInvalidOutput ?? null) !== null)
}

/** The step with its deployment as this call asks for it. */
function asked(step: Step, { asks }: RouteAsk): Step {
  const extras = asks?.(step.deployment)
  return extras ? { ...step, deployment: { ...step.deployment, asked: extras } } : step
}

function demandOf(ask: RouteAsk, route: Route, policy: Policy): Demand {
  const limits = policy.tenants.get(ask.context.tenantId)
  const leastInputTokens = leastTokens(ask.prompt)
  if (route.way || limits) {
    const call = { context: ask.context, leastInputTokens, signals: ask.signals ?? NO_SIGNALS }
    checkAllowances(call, route.way?.policy ?? null, limits ?? null)
  }
  return {
    task: route.task?.policy.name ?? null,
    tenantAllows: limits?.allowedModels ?? null,
    keyAllows: ask.keyAllowedModels,
    residency: limits?.region ?? null,
    privateOnly: ask.context.dataSensitivity === 'restricted',
    prompt: ask.prompt,
    leastInputTokens,
    askedOutputTokens: ask.maxOutputTokens ?? null,
    taskOutput: route.way?.policy.parameters.maxOutputTokens ?? NO_SAY,
    planOutputTokens: limits?.maxOutputTokens ?? null,
    uncappedOutputTokens: policy.uncappedOutputTokens + (ask.reasoningTokens ?? 0),
    safeOutputTokens: SAFE_OUTPUT_TOKENS + (ask.reasoningTokens ?? 0),
    answers: Math.max(1, ask.choices ?? 1),
    inboundDialect: ask.inboundDialect,
    needs: ask.needs ?? [],
    streams: ask.streams ?? false,
    latencyOf: policy.latencyOf,
    switchedOff: ask.switchedOff ?? NOBODY,
    ceiling: lower(route.way?.policy.maxCost ?? null, ask.context.maxCostUsd),
  }
}

function lower(ofTask: NanoUsd | null, ofCallUsd: number | null): NanoUsd | null {
  if (ofCallUsd === null) return ofTask
  const ofCall = nanoUsdFrom(ofCallUsd)
  return ofTask !== null && ofTask < ofCall ? ofTask : ofCall
}
