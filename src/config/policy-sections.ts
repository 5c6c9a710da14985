import type { JsonObject } from '../lib/json.ts'
import type { Config } from './schema.ts'

/**
 * The sections of a configuration that are policy: what kinds of work there are, who serves them, who may use how much. They may be changed by people who may
 * not touch the rest (addresses, credentials, where the ledger is), be simulated, published and taken back. They hold no secrets.
 */
export const POLICY_SECTIONS = ['models', 'tasks', 'plans', 'tenants', 'limits', 'budgets'] as const
/** One of them. */
export type PolicySection = (typeof POLICY_SECTIONS)[number]

/** The policy sections as they were written. */
export type PolicySections = Readonly<Partial<Record<PolicySection, JsonObject[PolicySection]>>>

const written = new WeakMap<Config, PolicySections>()

/** Keeps how the policy of a configuration was written. */
export function rememberSections(config: Config, data: JsonObject): void {
  written.set(config, pickSections(data))
}

/** How the policy of a configuration was written: variables filled in, everything else as in its file. */
export function policySectionsOf(config: Config): PolicySections {
  return written.get(config) ?? {}
}

/** The policy sections among those of a configuration. */
export function pickSections(data: JsonObject): PolicySections {
  const picked: Partial<Record<PolicySection, JsonObject[PolicySection]>> = {}
  for (const name of POLICY_SECTIONS) {
    const section = data[name]
    if (section !== undefined && section !== null) picked[name] = section
  }
  return picked
}
