import { missingSettings } from '../config/cloud-faults.ts'
import type { CloudConfig } from '../config/sections/cloud.ts'
import { Secret } from '../lib/secret.ts'
import { installAdvice, missingLibraries } from './auth/cloud-library.ts'
import type { CloudSettings } from './cloud.ts'
import type { Endpoint, Timeouts } from './deployment.ts'
import type { AuthScheme, ProviderDefinition } from './provider.ts'

/** What an operator may say about one account at a provider; what is absent or null comes from the definition. */
export interface EndpointSettings {
  /** With `/v1` for OpenAI-like hosts, the bare origin for others; slashes at the end do not matter. */
  readonly baseUrl?: string | null
  readonly apiKey?: Secret | null
  /** Sent with every call, over the definition's own. */
  readonly headers?: ReadonlyMap<string, Secret | string>
  readonly region?: string | null
  /** Of providers in a cloud: what their address and their proof of who we are are made of. */
  readonly cloud?: Partial<CloudConfig>
  readonly timeouts: Timeouts
  /** Most calls at once; null is no limit. */
  readonly maxConcurrency?: number | null
  /** The operator runs this server: no key is needed, and no bill comes. Default false. */
  readonly selfHosted?: boolean
  /** What is sent stays in the operator's own network. Default false. */
  readonly private?: boolean
}

/** One thing that is wrong with a provider's settings, by its place in the config. */
export interface EndpointProblem {
  /** `providers.openai.api_key`. */
  readonly path: string
  /** What is wrong and what to do. */
  readonly message: string
}

/** Settings from which no endpoint can be built; every problem at once. */
export class EndpointError extends Error {
  readonly problems: readonly EndpointProblem[]

  constructor(problems: readonly EndpointProblem[]) {
    super(problems.map((problem) => `${problem.path}: ${problem.message}`).join('\n'))
    this.name = 'EndpointError'
    this.problems = problems
  }
}

/** Headers that belong to the connection or to the key, never to a config. */
const RESERVED_HEADERS = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
])

/**
 * One account at a provider, ready to be called. `name` is its name in the config.
 * Throws EndpointError with every problem of the settings.
 */
export function buildEndpoint(name: string, settings: EndpointSettings, definition: ProviderDefinition): Endpoint {
  const problems: EndpointProblem[] = []
  const report = (field: string, message: string): void => {
    problems.push({ path: `providers.${name}.${field}`, message })
  }

  const baseUrl = definition.simulated ? (definition.baseUrl ?? '') : resolveBaseUrl(settings, definition, report)
  const selfHosted = settings.selfHosted ?? false
  if (needsKey(definition, baseUrl) && !settings.apiKey && !selfHosted)
    report(
      'api_key',
      `${definition.title} needs a key; set ${definition.keyVariable} and write api_key: "\${${definition.keyVariable}}"`,
    )
  if (settings.apiKey?.reveal().trim() === '')
    report('api_key', 'the key is empty; check that the environment variable it comes from is set')
  const headers = mergeHeaders(settings.headers ?? new Map(), definition, report)
  const auth = problems.length > 0 ? definition.auth : authOf(settings, definition, report)
  const pathOf = definition.cloud?.pathsFrom?.(cloudSettings(settings)) ?? definition.pathOf

  if (problems.length > 0) throw new EndpointError(problems)
  return {
    provider: name,
    type: definition.type,
    dialects: definition.dialects,
    ...(pathOf ? { pathOf } : {}),
    baseUrl,
    auth,
    apiKey: settings.apiKey ?? null,
    headers,
    timeouts: settings.timeouts,
    maxConcurrency: settings.maxConcurrency ?? null,
    quirks: definition.quirks ?? {},
    abortStopsBilling: definition.abortStopsBilling || selfHosted,
    region: settings.region ?? settings.cloud?.location ?? null,
    simulated: definition.simulated ?? false,
    selfHosted,
    private: settings.private ?? false,
  }
}

type Report = (field: string, message: string) => void

/** At the provider's own address a key is needed; whatever stands at another one (a proxy, a test server) may do without. */
function needsKey(definition: ProviderDefinition, baseUrl: string): boolean {
  if (definition.keyVariable === undefined || definition.baseUrl === undefined) return false
  return URL.parse(baseUrl)?.origin === new URL(definition.baseUrl).origin
}

/**
 * How this endpoint proves who we are. An identity that is only found on this machine goes to the cloud's own address; for another one it must be
 * written.
 */
function authOf(settings: EndpointSettings, { cloud, auth, title }: ProviderDefinition, report: Report): AuthScheme {
  if (!cloud || settings.apiKey) return auth
  const { credential, awsKeys, credentialsFile } = settings.cloud ?? {}
  const written = credential ?? awsKeys ?? credentialsFile
  if (!written && (settings.baseUrl || settings.selfHosted)) return { kind: 'none' }
  const found = cloud.authFrom(cloudSettings(settings))
  if (!found) report('api_key', `${title} needs a key; write api_key or credential`)
  const missing = found ? missingLibraries(cloud.librariesFor(found)) : []
  if (missing.length > 0) report('credential', installAdvice(missing))
  return found ?? { kind: 'none' }
}

function cloudSettings({ cloud, region = null }: EndpointSettings): CloudSettings {
  return { ...cloud, region }
}

/** The address that the cloud's settings make, or undefined when there is none, or one that cannot be made. */
function cloudAddress(settings: EndpointSettings, { cloud }: ProviderDefinition, report: Report): string | undefined {
  if (!cloud) return undefined
  const given = { ...cloudSettings(settings), base_url: settings.baseUrl }
  const problems = [...missingSettings(cloud.required, (key) => given[key])]
  for (const { key, message } of problems) report(key, message)
  return problems.length > 0 ? undefined : cloud.baseUrlFrom(cloudSettings(settings))
}

function resolveBaseUrl(settings: EndpointSettings, definition: ProviderDefinition, report: Report): string {
  const made = cloudAddress(settings, definition, report)
  const given = settings.baseUrl ?? definition.baseUrl ?? made
  if (given === undefined && definition.cloud) return ''
  if (given === undefined) {
    report(
      'base_url',
      `${definition.title} has no address of its own; write base_url, such as http://127.0.0.1:8000/v1`,
    )
    return ''
  }
  const url = URL.parse(given)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    report('base_url', `"${given}" is not an http or https address; write it like https://api.example.com/v1`)
    return ''
  }
  if (url.username || url.password) report('base_url', 'keys do not belong in an address; put the key into api_key')
  if (url.search || url.hash)
    report('base_url', 'an address may not have a query or a fragment; remove what follows ? or #')
  const path = url.pathname.replace(/\/+$/, '')
  if (/\/(chat\/completions|messages|responses)$/.test(path))
    report(
      'base_url',
      `give the base only: Headgate adds ${path.slice(path.search(/\/(chat\/|messages|responses)/))} itself`,
    )
  // Paths of other formats begin with their version, and people write it in the base out of habit: /v1/v1/messages is never meant.
  const base = isOpenAiLike(definition) ? path : path.replace(/\/v[12](beta)?$/, '')
  return `${url.origin}${base}`
}

function isOpenAiLike({ dialects }: ProviderDefinition): boolean {
  return typeof dialects !== 'function' && dialects.includes('openai-chat')
}

function mergeHeaders(
  given: ReadonlyMap<string, Secret | string>,
  definition: ProviderDefinition,
  report: Report,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { ...definition.headers }
  for (const [written, secret] of given) {
    const name = written.toLowerCase()
    const value = secret instanceof Secret ? secret.reveal() : secret
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) report(`headers.${written}`, 'this is not a header name')
    else if (RESERVED_HEADERS.has(name))
      report(`headers.${written}`, 'this header belongs to the connection; remove it')
    else if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
      report(`headers.${written}`, 'a header value may not hold line breaks or control characters')
    else headers[name] = value
  }
  return headers
}
