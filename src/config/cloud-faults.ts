import { nearestName } from '../lib/edit-distance.ts'
import { isObject, type JsonObject } from '../lib/json.ts'
import { configJsonSchema, schemasAt } from './json-schema.ts'
import type { CloudRequirement, KnownProvider } from './known-provider.ts'
import type { Fault } from './problem.ts'
import { type CloudKey, type CredentialConfig, cloudKeys } from './sections/cloud.ts'

// What the grammar cannot say of the keys of clouds: each belongs to some types of providers only, and some of those cannot do without it.

const CLOUD_KEYS = Object.keys(cloudKeys) as CloudKey[]

/** The ways to prove who we are, of which a provider has one. */
export const PROOFS = ['api_key', 'credential', 'access_key_id', 'credentials_file'] as const

/** What is wrong with the cloud's share of a provider, as written. */
export function* cloudFaults(
  name: string,
  provider: JsonObject,
  kind: KnownProvider,
  known: readonly KnownProvider[],
): Generator<Fault> {
  const at = (key: string) => ['providers', name, key]
  for (const key of CLOUD_KEYS) {
    if (provider[key] !== undefined && !kind.cloud?.keys.includes(key)) yield strayKey(name, key, kind, known)
  }
  if (!kind.cloud) return
  for (const { key, message } of missingSettings(kind.cloud.required, (key) => provider[key])) {
    yield { path: at(key), message }
  }
  const [first, ...others] = PROOFS.filter((key) => provider[key] !== undefined)
  if (first === undefined && provider.base_url !== undefined && provider.self_hosted !== true) {
    const message =
      'is missing; what is found on this machine by itself goes to the cloud’s own address only: beside base_url write credential: default, or a key'
    yield { path: at('credential'), message }
  }
  for (const key of others) {
    yield { path: at(key), message: `and ${first} are two proofs of who you are; write one of them`, atKey: true }
  }
  yield* apiKeyFaults(name, provider, kind)
  const form = formOf(provider.credential)
  if (form !== null && !kind.cloud.credentials.includes(form)) {
    const message = `is of a kind that providers of type ${kind.type} do not take; they take ${kind.cloud.credentials.map(formText).join(', ')}`
    yield { path: at('credential'), message }
  }
  if ((provider.access_key_id === undefined) !== (provider.secret_access_key === undefined)) {
    const missing = provider.access_key_id === undefined ? 'access_key_id' : 'secret_access_key'
    yield { path: at(missing), message: 'is missing; access_key_id and secret_access_key go together' }
  } else if (provider.session_token !== undefined && provider.access_key_id === undefined) {
    yield { path: at('access_key_id'), message: 'is missing; a session_token belongs to an access key' }
  }
}

/** Settings that an address is made of and that are missing or misshapen, with what to write. */
export function* missingSettings(
  required: readonly CloudRequirement[],
  written: (key: CloudRequirement['key'] | 'base_url') => unknown,
): Generator<{ readonly key: CloudRequirement['key']; readonly message: string }> {
  for (const { key, orBaseUrl, pattern, example } of required) {
    const value = written(key) ?? undefined
    if (value === undefined) {
      const other = orBaseUrl ? ', or base_url' : ''
      if (!orBaseUrl || (written('base_url') ?? undefined) === undefined) {
        yield { key, message: `is missing; write ${key}: ${example}${other}` }
      }
    } else if (typeof value === 'string' && !pattern.test(value)) {
      yield { key, message: `is not a ${key} here; write one like ${example}` }
    }
  }
}

function* apiKeyFaults(name: string, provider: JsonObject, kind: KnownProvider): Generator<Fault> {
  const path = ['providers', name, 'api_key']
  if (kind.cloud?.apiKey === 'never' && provider.api_key !== undefined) {
    const message = `is not used by providers of type ${kind.type}; write credential or credentials_file, or nothing for the default credentials`
    yield { path, message, atKey: true }
  }
  const bare = PROOFS.every((key) => provider[key] === undefined) && provider.base_url === undefined
  if (kind.cloud?.apiKey === 'or-credential' && bare && provider.self_hosted !== true) {
    const message = `is missing; set ${kind.keyVariable} and write "\${${kind.keyVariable}}", or write credential`
    yield { path, message }
  }
}

function strayKey(name: string, key: CloudKey, kind: KnownProvider, known: readonly KnownProvider[]): Fault {
  const homes = known.filter(({ cloud }) => cloud?.keys.includes(key)).map(({ type }) => type)
  const home = homes.length > 0 ? `; it belongs to ${homes.join(', ')}` : ''
  const fault: Fault = {
    path: ['providers', name, key],
    message: `is not a key of providers of type ${kind.type}${home}`,
    atKey: true,
  }
  const valid = schemasAt(configJsonSchema(), ['providers', name])
    .flatMap((node) => Object.keys(node.properties ?? {}))
    .filter((candidate) => !isCloudKey(candidate) || kind.cloud?.keys.includes(candidate))
  const suggestion = nearestName(key, valid)
  return suggestion === undefined ? fault : { ...fault, suggestion }
}

function isCloudKey(key: string): key is CloudKey {
  return (CLOUD_KEYS as readonly string[]).includes(key)
}

/** Which kind of identity is written; null when none is, or none that is known. */
function formOf(credential: unknown): CredentialConfig['kind'] | null {
  if (credential === 'default' || credential === 'managed-identity') return credential
  if (!isObject(credential)) return null
  return 'service_account' in credential ? 'service-account' : 'client-secret'
}

function formText(kind: CredentialConfig['kind']): string {
  if (kind === 'client-secret') return '{ tenant_id, client_id, client_secret }'
  return kind === 'service-account' ? '{ service_account }' : kind
}
