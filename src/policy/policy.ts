import type { Deployment } from '../providers/deployment.ts'
import type { PolicyInput, Pricing, TaskPolicy, TenantLimits } from './policy-input.ts'

/*
 * A policy is the configuration with every name already followed: a task is a list of deployments, not of names. It is made once per
 * reload, so that a decision only walks short lists.
 */

/** One deployment on a route, and how it got there. */
export interface Step {
  readonly deployment: Deployment
  /** The logical model it stands for, or its own id when it was named directly. */
  readonly logicalName: string
  readonly role: 'default' | 'fallback'
}

/** A task with its deployments in order: those of the default, then those of the fallbacks, each once. */
export interface CompiledTask {
  readonly policy: TaskPolicy
  readonly steps: readonly Step[]
  /** The rule in words, for receipts. */
  readonly text: string
}

/** What decisions are made by. Immutable. */
export interface Policy {
  readonly tasks: ReadonlyMap<string, CompiledTask>
  readonly models: ReadonlyMap<string, readonly Step[]>
  readonly tenants: ReadonlyMap<string, TenantLimits>
  readonly deployment: PolicyInput['deployment']
  readonly serving: PolicyInput['serving']
  readonly pricing: Pricing
  readonly latencyOf: NonNullable<PolicyInput['latencyOf']>
  readonly uncappedOutputTokens: number
}

/** Long enough for nearly every answer, reasoning included. */
const UNCAPPED_OUTPUT_TOKENS = 32_768

/** Follows every name. Throws RangeError for a name that leads nowhere, which a checked configuration does not have. */
export function compilePolicy(input: PolicyInput): Policy {
  const models = new Map<string, readonly Step[]>()
  for (const { name, deployments } of input.models.values()) {
    models.set(
      name,
      once(
        deployments.map((id) => ({
          deployment: mustExist(input, id, `models.${name}`),
          logicalName: name,
          role: 'default',
        })),
      ),
    )
  }
  const tasks = new Map<string, CompiledTask>()
  for (const task of input.tasks.values()) {
    const follow = (name: string, role: Step['role']): readonly Step[] =>
      models.get(name)?.map((step) => ({ ...step, role })) ?? [
        { deployment: mustExist(input, name, `tasks.${task.name}`), logicalName: name, role },
      ]
    const steps = once([
      ...follow(task.default, 'default'),
      ...task.fallback.flatMap((name) => follow(name, 'fallback')),
    ])
    tasks.set(task.name, { policy: task, steps, text: textOf(task) })
  }
  return {
    tasks,
    models,
    tenants: input.tenants,
    deployment: (id) => input.deployment(id),
    serving: (model) => input.serving(model),
    pricing: input.pricing,
    latencyOf: input.latencyOf ?? (() => null),
    uncappedOutputTokens: input.uncappedOutputTokens ?? UNCAPPED_OUTPUT_TOKENS,
  }
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

function textOf(task: TaskPolicy): string {
  return `task ${task.name}: ${[task.default, ...task.fallback].join(', then ')}`
}
