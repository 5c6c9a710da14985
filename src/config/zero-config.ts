import { isLoopbackHost } from '../lib/loopback.ts'
import type { KnownProvider } from './known-provider.ts'
import type { ConfigInput } from './schema.ts'
import type { Environment } from './substitute.ts'

/** A provider to begin with, and the models that its maker suggests. */
export interface Starter {
  readonly type: string
  /** The variable that holds its key; null when it needs none. */
  readonly keyVariable: string | null
  readonly small: string
  readonly large: string
}

/** A configuration made from the environment alone, and what a person should know about it. */
export interface ZeroConfig {
  readonly config: ConfigInput
  readonly notes: readonly string[]
}

/** The providers whose usual key variable is set, in the order they are known; with none, the simulated one. */
export function startersFor(env: Environment, knownProviders: readonly KnownProvider[]): readonly Starter[] {
  const keyed: Starter[] = []
  const simulated: Starter[] = []
  for (const { type, keyVariable, suggestedModels, simulated: isSimulated } of knownProviders) {
    if (!suggestedModels) continue
    if (isSimulated) simulated.push({ type, keyVariable: null, ...suggestedModels })
    else if (keyVariable !== undefined && env[keyVariable]) keyed.push({ type, keyVariable, ...suggestedModels })
  }
  return keyed.length > 0 ? keyed : simulated
}

/** What the service runs on when there is no config file. */
export function zeroConfig(env: Environment, knownProviders: readonly KnownProvider[], host: string): ZeroConfig {
  const starters = startersFor(env, knownProviders)
  const mode = isLoopbackHost(host) ? 'none' : 'keys'
  const names = (size: 'small' | 'large') => starters.map((starter) => `${starter.type}/${starter[size]}`)
  return {
    config: {
      auth: { mode },
      // The first call of somebody who only changed a base URL says nothing about itself, and should work.
      metadata: { required: [] },
      providers: Object.fromEntries(
        starters.map(({ type, keyVariable }) => [type, keyVariable ? { api_key: `\${${keyVariable}}` } : {}]),
      ),
      models: { 'fast-small': names('small'), 'balanced-large': names('large') },
    },
    notes: [providersNote(starters, knownProviders), authNote(mode, host)],
  }
}

function providersNote(starters: readonly Starter[], knownProviders: readonly KnownProvider[]): string {
  const keys = starters.flatMap(({ keyVariable }) => keyVariable ?? [])
  if (keys.length > 0) return `No config file: using the providers whose keys are set (${keys.join(', ')}).`
  const variables = knownProviders.flatMap(({ keyVariable, suggestedModels }) =>
    suggestedModels && keyVariable !== undefined ? [keyVariable] : [],
  )
  return `No config file and no provider key: answers are simulated and cost nothing real. Set one of ${variables.join(', ')} to use a real provider.`
}

function authNote(mode: 'keys' | 'none', host: string): string {
  return mode === 'none'
    ? `No key is asked, because ${host} can be reached from this machine only; every caller is tenant "default".`
    : `Callers need a key, because ${host} can be reached from other machines.`
}
