import { nearestName } from '../lib/edit-distance.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { isLoopbackHost } from '../lib/loopback.ts'
import { isTimeZone } from '../lib/time-zone.ts'
import { apiFaults } from './api-faults.ts'
import { cloudFaults } from './cloud-faults.ts'
import type { KnownProvider } from './known-provider.ts'
import type { Fault, Path } from './problem.ts'
import { promoteFaults } from './promote-faults.ts'
import { VALIDATOR } from './sections/shadow.ts'

// What the grammar cannot say: names that must exist elsewhere in the same config. Reads the data as written, not the checked result, so
// that broken references are reported in the same run as broken grammar; anything of the wrong kind is passed over here.

/** Names beyond this many are not searched for a near one: suggestions are for people, not for generated configs. */
const MOST_SUGGESTED_FROM = 2_000

/** Every reference that leads nowhere and every name that would be ambiguous. */
export function brokenReferences(config: JsonObject, knownProviders: readonly KnownProvider[]): readonly Fault[] {
  const names: Names = {
    providers: Object.keys(section(config, 'providers')),
    models: Object.keys(section(config, 'models')),
    plans: Object.keys(section(config, 'plans')),
  }
  return [
    ...providerFaults(config, knownProviders),
    ...modelFaults(config, names),
    ...taskFaults(config, names),
    ...nameFaults(section(config, 'complexity').judge, ['complexity', 'judge'], names),
    ...tenantFaults(config, names),
    ...limitFaults(config, names),
    ...authFaults(config),
  ]
}

interface Names {
  readonly providers: readonly string[]
  readonly models: readonly string[]
  readonly plans: readonly string[]
}

function* providerFaults(config: JsonObject, known: readonly KnownProvider[]): Generator<Fault> {
  const types = known.map(({ type }) => type)
  for (const [name, provider] of Object.entries(section(config, 'providers'))) {
    if (!isObject(provider)) continue
    const type = provider.type ?? name
    if (typeof type !== 'string') continue
    const kind = known.find((candidate) => candidate.type === type)
    if (!kind) {
      const path: Path = provider.type === undefined ? ['providers', name] : ['providers', name, 'type']
      const message = provider.type === undefined ? 'is not a known provider; give it a type' : 'is not a known type'
      const list = `known: ${types.join(', ')}`
      yield suggest({ path, message: `${message}; ${list}`, atKey: provider.type === undefined }, type, types)
      continue
    }
    yield* cloudFaults(name, provider, kind, known)
    yield* apiFaults(name, provider, kind)
    if (kind.cloud) continue
    if (provider.base_url === undefined && kind.baseUrl === undefined && !kind.simulated) {
      yield {
        path: ['providers', name, 'base_url'],
        message: `is missing; providers of type ${type} have no address of their own`,
      }
    }
    if (provider.api_key === undefined && provider.self_hosted !== true && kind.keyVariable !== undefined) {
      const message = `is missing; set ${kind.keyVariable} and write "\${${kind.keyVariable}}"`
      yield { path: ['providers', name, 'api_key'], message }
    }
  }
}

function* modelFaults(config: JsonObject, names: Names): Generator<Fault> {
  const tasks = section(config, 'tasks')
  for (const [name, model] of Object.entries(section(config, 'models'))) {
    const path: Path = ['models', name]
    if (Object.hasOwn(tasks, name)) {
      yield {
        path: ['tasks', name],
        message: 'is also the name of a logical model; names of tasks and models must differ',
        atKey: true,
      }
    }
    const [entries, entriesPath] = isObject(model) ? [model.deployments, [...path, 'deployments']] : [model, path]
    if (!Array.isArray(entries)) continue
    for (const [index, entry] of entries.entries()) {
      const [use, usePath] = isObject(entry)
        ? [entry.use, [...entriesPath, index, 'use']]
        : [entry, [...entriesPath, index]]
      if (typeof use === 'string' && use.includes('/')) yield* deploymentFaults(use, usePath, names)
    }
  }
}

function* taskFaults(config: JsonObject, names: Names): Generator<Fault> {
  const tasks = section(config, 'tasks')
  for (const [name, task] of Object.entries(tasks)) {
    if (!isObject(task)) continue
    const path: Path = ['tasks', name]
    yield* nameFaults(task.default, [...path, 'default'], names)
    yield* listFaults(task.fallback, [...path, 'fallback'], names)
    for (const [index, rule] of (Array.isArray(task.when) ? task.when : []).entries()) {
      if (isObject(rule)) yield* ruleFaults(rule, [...path, 'when', index], names)
    }
    if (isObject(task.on_invalid_output))
      yield* nameFaults(task.on_invalid_output.then, [...path, 'on_invalid_output', 'then'], names)
    if (isObject(task.shadow)) yield* shadowFaults(task.shadow, [...path, 'shadow'], names, Object.keys(tasks))
    if (isObject(task.canary)) yield* nameFaults(task.canary.use, [...path, 'canary', 'use'], names)
    if (isObject(task.promote)) yield* nameFaults(task.promote.instead_of, [...path, 'promote', 'instead_of'], names)
    yield* promoteFaults(task, path, config)
    if (isObject(task.on_limit))
      yield* nameFaults(task.on_limit.downgrade_to, ['tasks', name, 'on_limit', 'downgrade_to'], names)
  }
}

/** Its judge may be a task too. */
function* shadowFaults(
  { use, judge }: JsonObject,
  path: Path,
  names: Names,
  tasks: readonly string[],
): Generator<Fault> {
  yield* nameFaults(use, [...path, 'use'], names)
  if (typeof judge !== 'string' || judge === VALIDATOR || tasks.includes(judge)) return
  yield* nameFaults(judge, [...path, 'judge'], { ...names, models: [...names.models, ...tasks, VALIDATOR] })
}

function* ruleFaults(rule: JsonObject, path: Path, names: Names): Generator<Fault> {
  yield* nameFaults(rule.use, [...path, 'use'], names)
  yield* listFaults(rule.fallback, [...path, 'fallback'], names)
  const plan = isObject(rule.if) ? rule.if.plan : undefined
  const planPath: Path = [...path, 'if', 'plan']
  if (isObject(plan)) yield* planFaults(plan.not, [...planPath, 'not'], names.plans)
  else yield* planFaults(plan, planPath, names.plans)
}

/** A plan that a rule names. One that does not exist yet is no fault; one that is nearly the name of another would never fit, and nobody would notice. */
function* planFaults(written: unknown, path: Path, plans: readonly string[]): Generator<Fault> {
  if (Array.isArray(written)) {
    for (const [index, name] of written.entries()) yield* planFaults(name, [...path, index], plans)
  } else if (typeof written === 'string' && !plans.includes(written)) {
    const fault = suggest({ path, message: `no plan is called "${written}"` }, written, plans)
    if (fault.suggestion !== undefined) yield fault
  }
}

function* tenantFaults(config: JsonObject, names: Names): Generator<Fault> {
  const plans = new Set(names.plans)
  // Asking for a zone is slow, and many tenants share few of them.
  const zones = new Map<string, boolean>()
  for (const [id, tenant] of Object.entries(section(config, 'tenants'))) {
    if (!isObject(tenant)) continue
    if (typeof tenant.timezone === 'string') {
      const isZone = zones.get(tenant.timezone) ?? isTimeZone(tenant.timezone)
      zones.set(tenant.timezone, isZone)
      if (!isZone)
        yield { path: ['tenants', id, 'timezone'], message: 'must be an IANA time zone such as Europe/Berlin' }
    }
    if (typeof tenant.plan !== 'string' || plans.has(tenant.plan)) continue
    yield suggest(
      { path: ['tenants', id, 'plan'], message: `no plan is called "${tenant.plan}"` },
      tenant.plan,
      names.plans,
    )
  }
}

function* limitFaults(config: JsonObject, names: Names): Generator<Fault> {
  const limits = Array.isArray(config.limits) ? config.limits : []
  for (const [index, limit] of limits.entries()) {
    const onLimit = isObject(limit) ? limit.on_limit : undefined
    if (isObject(onLimit)) yield* nameFaults(onLimit.downgrade_to, ['limits', index, 'on_limit', 'downgrade_to'], names)
  }
  const budgets = Array.isArray(config.budgets) ? config.budgets : []
  for (const [index, budget] of budgets.entries()) {
    if (isObject(budget)) yield* nameFaults(budget.downgrade_to, ['budgets', index, 'downgrade_to'], names)
  }
}

function* authFaults(config: JsonObject): Generator<Fault> {
  const { host } = section(config, 'server')
  if (section(config, 'auth').mode !== 'none' || typeof host !== 'string' || isLoopbackHost(host)) return
  yield {
    path: ['auth', 'mode'],
    message: 'none is for a loopback host only, and server.host can be reached from elsewhere; use keys',
  }
}

/** A name, or a list of names. */
function* listFaults(written: unknown, path: Path, names: Names): Generator<Fault> {
  if (!Array.isArray(written)) yield* nameFaults(written, path, names)
  else for (const [index, name] of written.entries()) yield* nameFaults(name, [...path, index], names)
}

/** What a task names: a logical model or `provider/model`. */
function* nameFaults(name: unknown, path: Path, names: Names): Generator<Fault> {
  if (typeof name !== 'string' || names.models.includes(name)) return
  if (name.includes('/')) yield* deploymentFaults(name, path, names)
  else yield suggest({ path, message: `no logical model is called "${name}"` }, name, names.models)
}

function* deploymentFaults(deployment: string, path: Path, names: Names): Generator<Fault> {
  const slash = deployment.indexOf('/')
  const provider = deployment.slice(0, slash)
  if (names.providers.includes(provider)) return
  const model = deployment.slice(slash + 1)
  const fault = suggest({ path, message: `no provider is called "${provider}"` }, provider, names.providers)
  yield fault.suggestion === undefined ? fault : { ...fault, suggestion: `${fault.suggestion}/${model}` }
}

function suggest(fault: Fault, name: string, candidates: readonly string[]): Fault {
  const suggestion = nearestName(name, candidates.slice(0, MOST_SUGGESTED_FROM))
  return suggestion === undefined ? fault : { ...fault, suggestion }
}

function section(config: JsonObject, name: string): JsonObject {
  const value = config[name]
  return isObject(value) ? value : {}
}
