import { GatewayError } from '../errors/gateway-error.ts'
import { nearestName } from '../lib/edit-distance.ts'
import type { Deployment } from '../providers/deployment.ts'
import type { CallFacts } from './conditions.ts'
import type { CompiledTask, CompiledWay, Policy, Step } from './policy.ts'
import { firstRule, type RuleTrial } from './rules.ts'

/** What a call's `model` and task lead to. */
export interface Route {
  /** The task whose policy applies; null when a model was named. */
  readonly task: CompiledTask | null
  /** How the task runs this call: as its rules say, else as it says itself; null without a task. */
  readonly way: CompiledWay | null
  /** The rule that fitted; null when none did. */
  readonly ruleIndex: number | null
  /** The rules that were tried. */
  readonly trials: readonly RuleTrial[]
  readonly steps: readonly Step[]
  /** Why these, in words. */
  readonly text: string
}

const NAMES_SHOWN = 8

/**
 * Finds what a call means. A task of the context decides when the policy knows it; otherwise `model` does, which may be a task, a
 * logical model, `provider/model`, or an upstream's bare name that one configured provider serves.
 * Throws GatewayError `model_not_found`, or `task_not_found` when a task was named and nothing else leads anywhere.
 */
export function resolveRoute(model: string, contextTask: string | null, policy: Policy): Route {
  const task = taskOf(model, contextTask, policy)
  if (task) return ofTask(task)
  const logical = policy.models.get(model)
  if (logical) return ofModel(logical, `logical model ${model}`)
  const deployment = model.includes('/') ? policy.deployment(model) : null
  if (deployment) return ofModel([direct(deployment)], `${model} was named directly`)
  const serving = policy.serving(model)
  const [only] = serving
  if (only && serving.length === 1) return ofModel([direct(only)], `${model} is served by ${only.id}`)
  if (serving.length > 1) throw ambiguous(model, serving)
  throw contextTask === null ? modelNotFound(model, policy) : taskNotFound(contextTask, model, policy)
}

/** The task whose policy applies to a call; null when it names a model. */
export function taskOf(model: string, contextTask: string | null, { tasks }: Policy): CompiledTask | null {
  return tasks.get(contextTask ?? model) ?? (contextTask === null ? null : (tasks.get(model) ?? null))
}

/** The route with other deployments under the same rules. Throws GatewayError `model_not_found`. */
export function rerouted(route: Route, model: string, policy: Policy): Route {
  const { steps } = resolveRoute(model, null, policy)
  return { ...route, steps, text: `${route.text}; instead: ${model}` }
}

/** The route as the task's rules have it for this call. */
export function ruled(route: Route, facts: CallFacts): Route {
  if (!route.task) return route
  const { rule, trials } = firstRule(route.task.rules, facts)
  if (!rule) return { ...route, trials }
  const { steps, text } = rule.then
  return { ...route, way: rule.then, steps, text, ruleIndex: rule.index, trials }
}

const UNTRIED: readonly RuleTrial[] = []

function ofTask(task: CompiledTask): Route {
  return { task, way: task, steps: task.steps, text: task.text, ruleIndex: null, trials: UNTRIED }
}

function ofModel(steps: readonly Step[], text: string): Route {
  return { task: null, way: null, steps, text, ruleIndex: null, trials: UNTRIED }
}

function direct(deployment: Deployment): Step {
  return { deployment, logicalName: deployment.id, role: 'default' }
}

function modelNotFound(model: string, policy: Policy): GatewayError {
  const names = [...policy.tasks.keys(), ...policy.models.keys(), ...deploymentIds(policy)]
  return new GatewayError(
    'model_not_found',
    `No task, logical model or provider/model is called "${short(model)}".${hint(model, names)}`,
    { param: 'model' },
  )
}

function taskNotFound(task: string, model: string, policy: Policy): GatewayError {
  return new GatewayError(
    'task_not_found',
    `No task is called "${short(task)}", and "${short(model)}" is no model here.${hint(task, [...policy.tasks.keys()])}`,
    { param: 'task' },
  )
}

function ambiguous(model: string, serving: readonly Deployment[]): GatewayError {
  const ids = serving.map(({ id }) => id)
  return new GatewayError(
    'model_not_found',
    `"${short(model)}" is served by several providers; name one: ${ids.join(', ')}.`,
    { param: 'model', details: { candidates: ids } },
  )
}

function deploymentIds(policy: Policy): Set<string> {
  const ids = new Set<string>()
  for (const steps of policy.models.values()) for (const { deployment } of steps) ids.add(deployment.id)
  for (const { steps } of policy.tasks.values()) for (const { deployment } of steps) ids.add(deployment.id)
  return ids
}

function hint(name: string, names: readonly string[]): string {
  const nearest = nearestName(name, names)
  if (nearest !== undefined) return ` Did you mean "${nearest}"?`
  if (names.length === 0) return ''
  const more = names.length > NAMES_SHOWN ? ', …' : ''
  return ` Known: ${names.slice(0, NAMES_SHOWN).join(', ')}${more}.`
}

function short(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name
}
