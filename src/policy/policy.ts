import type { Risk } from '../canonical/call-words.ts'
import type { Deployment } from '../providers/deployment.ts'
import { compileCondition } from './conditions.ts'
import type { Allowances, PolicyInput, Pricing, TaskPolicy, TenantLimits } from './policy-input.ts'
import type { Rule } from './rules.ts'
import { STRATEGIES } from './strategies/registry.ts'
import type { Strategy } from './strategies/strategy.ts'

/*
 * A policy is the configuration with every name already followed: a task is a list of deployments, not of names. It is made once per
 * reload, so that a decision only walks short lists.
 */

/** One deployment on a route, and how it got there. */
export interface Step {
  readonly deployment: Deployment
  /** The logical model it stands for, or its own id when it was named directly. */
  readonly logicalName: string
  readonly role: 'canary' | 'default' | 'fallback' | 'escalation'
  /** How it is chosen among the deployments of its logical model; absent where the order as written is kept. */
  readonly balance?: { readonly strategy: Strategy; readonly weight: number } | undefined
}

/** How calls of a task are run, with its deployments in order: those of the default, then those of the fallbacks, each once. */
export interface CompiledWay {
  readonly policy: TaskPolicy
  readonly steps: readonly Step[]
  /** Who is asked for a better answer when one is not what was asked for. */
  readonly escalation: readonly Step[]
  /** Its steps as they were before the default was promoted, for calls that the promoted model may not serve; null where it was not, or a rule names the model. */
  readonly kept: readonly Step[] | null
  /** In words, for receipts. */
  readonly text: string
}

/** A model that is tried on a share of a task's calls. */
export interface CompiledCanary {
  readonly steps: readonly Step[]
  /** Its part of the calls, 0 to 1. */
  readonly weight: number
  /** In words, for receipts. */
  readonly text: string
}

/** What makes some calls of a task go another way than it says. */
export interface CompiledTrial {
  readonly canary: CompiledCanary | null
  /** Where the default was promoted, the risks of calls that it may serve; null where it was not. */
  readonly promotedFor: readonly Risk[] | null
}

/** A task: how its calls are run, and the rules by which some are run otherwise. */
export interface CompiledTask extends CompiledWay {
  readonly rules: readonly Rule<CompiledWay>[]
  /** Null where nothing is tried, so that calls need not ask. */
  readonly trial: CompiledTrial | null
}

/** What decisions are made by. Immutable. */
export interface Policy {
  readonly tasks: ReadonlyMap<string, CompiledTask>
  /** Whether anything is asked of calls beyond their context: some task has rules, or something is not allowed. */
  readonly asksForSignals: boolean
  readonly models: ReadonlyMap<string, readonly Step[]>
  readonly tenants: ReadonlyMap<string, TenantLimits>
  readonly deployment: PolicyInput['deployment']
  readonly serving: PolicyInput['serving']
  readonly pricing: Pricing
  readonly latencyOf: NonNullable<PolicyInput['latencyOf']>
  readonly runningOf: NonNullable<PolicyInput['runningOf']>
  readonly uncappedOutputTokens: number
}

/** Long enough for nearly every answer, reasoning included. */
const UNCAPPED_OUTPUT_TOKENS = 32_768

/** Follows every name. Throws RangeError for a name that leads nowhere, which a checked configuration does not have. */
export function compilePolicy(input: PolicyInput): Policy {
  const models = new Map<string, readonly Step[]>()
  for (const { name, deployments, strategy = 'priority', weights } of input.models.values()) {
    models.set(
      name,
      once(
        deployments.map((id) => ({
          deployment: mustExist(input, id, `models.${name}`),
          logicalName: name,
          role: 'default',
          ...(strategy === 'priority'
            ? {}
            : { balance: { strategy: STRATEGIES[strategy], weight: weights?.get(id) ?? 1 } }),
        })),
      ),
    )
  }
  const tasks = new Map<string, CompiledTask>()
  for (const task of input.tasks.values()) tasks.set(task.name, compileTask(task, models, input))
  return {
    tasks,
    asksForSignals:
      [...tasks.values()].some(asksMore) ||
      [...input.tenants.values()].some(isPicky) ||
      [...input.models.values()].some(({ strategy }) => strategy === 'prefix-affinity'),
    models,
    tenants: input.tenants,
    deployment: (id) => input.deployment(id),
    serving: (model) => input.serving(model),
    pricing: input.pricing,
    latencyOf: input.latencyOf ?? (() => null),
    runningOf: input.runningOf ?? (() => 0),
    uncappedOutputTokens: input.uncappedOutputTokens ?? UNCAPPED_OUTPUT_TOKENS,
  }
}

function compileTask(task: TaskPolicy, models: Policy['models'], input: PolicyInput): CompiledTask {
  const follow = (name: string, role: Step['role']): readonly Step[] =>
    models.get(name)?.map((step) => ({ ...step, role })) ?? [
      { deployment: mustExist(input, name, `tasks.${task.name}`), logicalName: name, role },
    ]
  const stepsFrom = (first: string, fallback: readonly string[]): readonly Step[] =>
    once([...follow(first, 'default'), ...fallback.flatMap((name) => follow(name, 'fallback'))])
  const former = task.promote?.insteadOf ?? null
  const way = (policy: TaskPolicy, head: string, namesModel = false): CompiledWay => ({
    policy,
    escalation: policy.onInvalidOutput?.escalateTo ? follow(policy.onInvalidOutput.escalateTo, 'escalation') : [],
    steps: stepsFrom(policy.default, policy.fallback),
    kept: former === null || namesModel ? null : stepsFrom(former, policy.fallback),
    text: `${head}: ${[policy.default, ...policy.fallback].join(', then ')}${former === null || namesModel ? '' : ` (${task.default} was promoted instead of ${former})`}`,
  })
  const rules = (task.rules ?? []).map(({ conditions, change }, index): Rule<CompiledWay> => {
    const compiled = [...conditions].map(([attribute, condition]) => compileCondition(attribute, condition))
    const policy = { ...task, ...change, parameters: { ...task.parameters, ...change.parameters } }
    const head = compiled.length === 0 ? 'always' : `when ${compiled.map(({ text }) => text).join(' and ')}`
    const then = way(policy, `task ${task.name}, rule ${index}, ${head}`, change.default !== undefined)
    return { index, text: head, conditions: compiled, then }
  })
  return { ...way(task, `task ${task.name}`), rules, trial: trialOf(task, follow) }
}

function trialOf(
  { canary, promote }: TaskPolicy,
  follow: (name: string, role: Step['role']) => readonly Step[],
): CompiledTrial | null {
  if (!canary && !promote?.insteadOf) return null
  return {
    canary: canary ? canaryOf(canary, follow) : null,
    promotedFor: promote?.insteadOf ? promote.risk : null,
  }
}

function canaryOf(
  { use, weight }: NonNullable<TaskPolicy['canary']>,
  follow: (name: string, role: Step['role']) => readonly Step[],
): CompiledCanary {
  return { steps: once(follow(use, 'canary')), weight, text: `canary ${use}, tried on ${weight} of the calls` }
}

function asksMore({ policy, rules }: CompiledTask): boolean {
  return rules.length > 0 || isPicky(policy)
}

function isPicky({ allowedTools, allowedResponseModes }: Allowances): boolean {
  return (allowedTools ?? null) !== null || (allowedResponseModes ?? null) !== null
}

function mustExist(input: PolicyInput, id: string, path: string): Deployment {
  const deployment = input.deployment(id)
  if (deployment) return deployment
  throw new RangeError(`${path}: "${id}" is neither a logical model nor provider/model of a configured provider`)
}

function once(steps: readonly Step[]): readonly Step[] {
  const seen = new Set<string>()
  return steps.filter(({ deployment }) => !seen.has(deployment.id) && seen.add(deployment.id))
}
