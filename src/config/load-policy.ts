import { isObject, type JsonObject } from '../lib/json.ts'
import type { KnownProvider } from './known-provider.ts'
import { loadDocument } from './load.ts'
import { POLICY_SECTIONS, pickSections, policySectionsOf, rememberSections } from './policy-sections.ts'
import { type ConfigProblem, type Fault, type Path, pathText, type SourceDocument } from './problem.ts'
import type { Config } from './schema.ts'
import type { FileSecret } from './secret-file.ts'
import { readYaml } from './yaml-document.ts'

/*
 * A policy that comes by itself: as a file to simulate, or over the API. It is held against the configuration in force exactly as if it stood in that file,
 * and takes the place of its policy sections. No variable of this process and no file of this machine is read for it, whoever sends it.
 *
 * A whole configuration may be given where a policy is wanted (its author has one file). Then sections that it does not have are empty, as they would
 * be after a reload, and of its providers only the models and prices count, and providers that are new. A text without providers is a part: what it
 * leaves out stays as it is.
 */

/** What a policy is read against. */
export interface PolicyOptions {
  /** The configuration in force. */
  readonly base: Config
  readonly knownProviders: readonly KnownProvider[]
  /** Whether a whole configuration may be given too. Default false: other sections than those of policy are problems. */
  readonly whole?: boolean
}

/** The configuration with the policy in it, or everything that is wrong with it. */
export type PolicyResult =
  | {
      readonly ok: true
      readonly config: Config
      /** Sections of the text that are no policy and were not looked at. */
      readonly ignored: readonly string[]
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

const NEVER = 'is not filled in here: a policy that comes by itself reads neither variables nor files; write the value'
const NO_FILE = (): FileSecret => ({ fault: NEVER, stamp: 'none' })

/** Reads a policy. `file` is only a name for the problems. */
export function loadPolicyText(text: string, file: string, options: PolicyOptions): PolicyResult {
  const document = readYaml(text, {}, NO_FILE)
  if (!isObject(document.value)) {
    const loaded = loadDocument(document, file, { env: {}, knownProviders: options.knownProviders })
    return loaded.ok ? { ok: false, problems: [] } : loaded
  }
  return policyFrom({ ...document, value: document.value }, file, options)
}

/** The same, from sections as they were kept. */
export function loadPolicySections(sections: JsonObject, options: PolicyOptions): PolicyResult {
  // What was written as it stands must not be taken for a variable.
  return loadPolicyText(
    JSON.stringify(sections).replaceAll('${', () => '$${'),
    'policy',
    options,
  )
}

function policyFrom(
  document: SourceDocument & { readonly value: JsonObject },
  file: string,
  { base, knownProviders, whole = false }: PolicyOptions,
): PolicyResult {
  const given = document.value
  const isWhole = whole && isObject(given.providers)
  const others = Object.keys(given).filter((name) => !isPolicy(name) && name !== 'version')
  const providers = providersFor(base, isWhole && isObject(given.providers) ? given.providers : {})
  const value: JsonObject = {
    ...(isWhole ? {} : (policySectionsOf(base) as JsonObject)),
    ...(given.version === undefined ? {} : { version: given.version }),
    ...(pickSections(given) as JsonObject),
    providers,
    policy: { source: base.policy.source },
  }
  const faults: Fault[] = document.faults
    .filter(({ path: [section] }) => typeof section === 'string' && (isPolicy(section) || section === 'version'))
    .map((fault) => (fault.message.startsWith('needs the environment variable') ? { ...fault, message: NEVER } : fault))
  if (!whole) for (const name of others) faults.push(notPolicy(name))
  const substituted = new Set([...document.substituted].filter((path) => isPolicy(path.split(/[.[]/)[0] ?? '')))
  const loaded = loadDocument({ ...document, value, faults, substituted }, file, { env: {}, knownProviders })
  if (!loaded.ok) return { ok: false, problems: loaded.problems }
  const { models, tasks, plans, tenants, limits, budgets } = loaded.config
  const merged = new Map(loaded.config.providers)
  for (const [name, provider] of base.providers) {
    const listed = isWhole && isObject(given.providers) && isObject(given.providers[name])
    merged.set(name, listed ? { ...provider, models: merged.get(name)?.models ?? provider.models } : provider)
  }
  const config: Config = Object.freeze({
    ...base,
    providers: merged,
    models,
    tasks,
    plans,
    tenants,
    limits,
    budgets,
  })
  rememberSections(config, value)
  return { ok: true, config, ignored: whole ? others.filter((name) => name !== 'providers') : [] }
}

function isPolicy(name: string): boolean {
  return (POLICY_SECTIONS as readonly string[]).includes(name)
}

function notPolicy(name: string): Fault {
  const path: Path = [name]
  const message = `is no part of a policy, which has ${POLICY_SECTIONS.join(', ')}; change ${pathText(path)} in the configuration file`
  return { path, message, atKey: true }
}

/** Stand-ins for the providers: names must lead somewhere and models may have prices, but no address and no key is needed to decide. */
function providersFor(base: Config, given: JsonObject): JsonObject {
  const standIns: JsonObject = {}
  for (const name of base.providers.keys()) {
    const own = given[name]
    const models = isObject(own) && own.models !== undefined ? { models: own.models } : {}
    standIns[name] = { type: 'openai-compatible', base_url: 'http://127.0.0.1', self_hosted: true, ...models }
  }
  for (const [name, provider] of Object.entries(given)) {
    if (base.providers.has(name)) continue
    standIns[name] =
      isObject(provider) && provider.api_key !== undefined ? { ...provider, api_key: 'unused' } : provider
  }
  return standIns
}
