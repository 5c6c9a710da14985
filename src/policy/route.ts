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
import { adjustmentsOf, NO_SAY, NOTHING_SET, setParameters } from './parameters.ts'
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
  readonly traceId?: string | undefined
  /** The key's own allowed names; null is no limit. */
  readonly keyAllowedModels: readonly string[] | null
  readonly prompt: PromptSize
  /** The wire format that the call came in; null for the library's. */
  readonly inboundDialect: DialectName | null
  /** The call's own output cap, per answer. */
  readonly maxOutputTokens?: number | undefined
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  /** Whether it asks for JSON. Default false. */
  readonly requiresJson?: boolean | undefined
  /** Whether the answer is to be streamed. Default false. */
  readonly streams?: boolean | undefined
  /** How many answers are asked for. Default 1. */
  readonly choices?: number | undefined
  /** What it needs beyond reading and writing text. Default: nothing. */
  readonly needs?: readonly Capability[] | undefined
  /** The reasoning budget of the call, which its output cap must hold too. */
  readonly reasoningTokens?: number | undefined
  /** What the call asks of a deployment that changes its price; null for nothing. Default: nothing of any. */
  readonly asks?: ((deployment: Deployment) => CallExtras | null) | undefined
  /** What rules may ask about the call beside its context. Default: nothing is known. */
  readonly signals?: CallSignals | undefined
  /** A logical model or `provider/model` that is to serve instead of what the call and its task name; the task's other rules stay. */
  readonly insteadOf?: string | undefined
  /** Why an operator keeps a deployment from serving this call. Default: nobody does. */
  readonly switchedOff?: Demand['switchedOff']
}

const NEEDS_NOTHING: readonly Capability[] = []

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
  const task = route.way?.policy ?? null
  const deadlineMs = task?.maxLatencyMs ?? null
  const mayDowngrade = ask.context.risk === 'read_only' && (task?.fallbackPolicy?.allowDowngrade ?? true)
  const examined = examinedSteps(route, ask, demand, policy)
  const inOrder = (those: readonly (Candidate | Skipped)[]) => {
    const all = arranged(those, demand.answers, ask, policy)
    return mayDowngrade ? all : withoutLesser(all)
  }
  const quick = withinLatency(examined, deadlineMs)
  const inTime = inOrder(quick)
  // A first choice is slow beside others that serve; where those may not, nobody is better than it is.
  const considered = quick === examined || inTime.some(mayBeAsked) ? inTime : inOrder(examined)
  const { candidates, escalation, skipped } = partsOf(considered)
  const taskName = route.task?.policy.name ?? null
  const rule = { task: taskName, index: route.ruleIndex, text: route.text }
  const runAs = taskName ?? ask.context.task
  if (!isFilled(candidates)) {
    const { trials } = route
    const outline = { task: runAs, requestedModel: ask.model, rule, trials, considered, deadlineMs }
    throw new RouteRefusal(refusalOf(skipped), outline)
  }
  const [first] = candidates
  const parameters = setParameters(ask, task)
  const checksAnswer = isChecked(ask, task)
  const checksCitations = task?.requiresCitations ?? false
  return {
    task: runAs,
    requestedModel: ask.model,
    rule,
    trials: route.trials,
    considered,
    deadlineMs,
    candidates,
    escalation,
    skipped,
    firstChoice: firstChoiceOf(considered) ?? first,
    mayDowngrade,
    estimate: estimateOf(first, demand.answers),
    answers: demand.answers,
    ceiling: demand.ceiling,
    safeOutputTokens: demand.safeOutputTokens,
    delivery: task?.delivery ?? (checksAnswer || checksCitations ? 'whole' : 'stream'),
    partial: task?.partial ?? 'error',
    checksAnswer,
    checksCitations,
    parameters,
    parametersChanged: parameters !== NOTHING_SET,
    adjustments: adjustmentsOf(ask, parameters, first),
    downgraded: null,
  }
}

/** Every deployment of the route as it was found, those for a better answer last. */
function examinedSteps(route: Route, ask: RouteAsk, demand: Demand, policy: Policy): readonly (Candidate | Skipped)[] {
  const escalation = route.way?.escalation ?? []
  const steps = escalation.length === 0 ? route.steps : [...route.steps, ...escalation]
  return steps.map((step) => examine(asked(step, ask), demand, policy.pricing))
}

/** What was considered, apart: nearly always all of it may serve. */
function partsOf(considered: readonly (Candidate | Skipped)[]): {
  readonly candidates: readonly Candidate[]
  readonly escalation: readonly Candidate[]
  readonly skipped: readonly Skipped[]
} {
  if (considered.every(mayBeAsked)) return { candidates: considered, escalation: NO_CANDIDATES, skipped: NONE_SKIPPED }
  return {
    candidates: considered.filter(mayBeAsked),
    escalation: considered.filter(isEscalation),
    skipped: considered.filter(isSkipped),
  }
}

const NO_CANDIDATES: readonly Candidate[] = []
const NONE_SKIPPED: readonly Skipped[] = []

function isEscalation(one: Candidate | Skipped): one is Candidate {
  return !isSkipped(one) && one.role === 'escalation'
}

function isFilled(candidates: readonly Candidate[]): candidates is readonly [Candidate, ...Candidate[]] {
  return candidates.length > 0
}

function mayBeAsked(one: Candidate | Skipped): one is Candidate {
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
    needs: ask.needs ?? NEEDS_NOTHING,
    streams: ask.streams ?? false,
    latencyOf: policy.latencyOf,
    switchedOff: ask.switchedOff,
    ceiling: lower(route.way?.policy.maxCost ?? null, ask.context.maxCostUsd),
  }
}

function lower(ofTask: NanoUsd | null, ofCallUsd: number | null): NanoUsd | null {
  if (ofCallUsd === null) return ofTask
  const ofCall = nanoUsdFrom(ofCallUsd)
  return ofTask !== null && ofTask < ofCall ? ofTask : ofCall
}
