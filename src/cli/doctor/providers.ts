import type { Config } from '../../config/schema.ts'
import type { ProviderConfig } from '../../config/sections/providers.ts'
import { probeAddress } from '../../execution/probe-address.ts'
import { systemClock } from '../../lib/clock.ts'
import { isLoopbackHost } from '../../lib/loopback.ts'
import { CredentialFailure } from '../../providers/auth/authenticator.ts'
import { createAuthenticator } from '../../providers/auth/authenticators.ts'
import type { Endpoint } from '../../providers/deployment.ts'
import { buildEndpoint, EndpointError } from '../../providers/endpoint.ts'
import { providerDefinition } from '../../providers/registry.ts'
import { reasonOf } from '../reason-of.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const PROBE_MS = 5_000

/**
 * Looks at every provider: its key, its address and, with `online`, whether the address can be reached and its cloud gives us credentials. Keys are
 * never sent to the provider, or shown.
 */
export function checkProviders({ providers }: Config, online: boolean): Promise<readonly Finding[]> {
  return Promise.all([...providers.values()].map((provider) => checkProvider(provider, online)))
}

async function checkProvider(provider: ProviderConfig, online: boolean): Promise<Finding> {
  const about = `provider ${provider.name}`
  const definition = providerDefinition(provider.type)
  if (!definition)
    return fail(about, `there is no provider of type ${provider.type}`, 'see docs/reference/providers.md')
  let endpoint: Endpoint
  try {
    endpoint = buildEndpoint(provider.name, provider, definition)
  } catch (error) {
    if (!(error instanceof EndpointError)) throw error
    return fail(
      about,
      error.problems.map(({ message }) => message).join('; '),
      `see providers.${provider.name} in the config`,
    )
  }
  if (endpoint.simulated) return ok(about, 'answers come from inside this process')
  const says = `${proofOf(endpoint)}; ${endpoint.baseUrl}`
  if (online) {
    const unproven = await tryProof(endpoint)
    if (unproven) return fail(about, unproven.message, reasonBehind(unproven))
    const failure = await probeAddress(endpoint.baseUrl, PROBE_MS).then(
      () => null,
      (error: unknown) => error,
    )
    if (failure !== null)
      return fail(about, `${endpoint.baseUrl} cannot be reached (${reasonOf(failure)})`, adviceOn(failure))
  }
  const { protocol, hostname } = new URL(endpoint.baseUrl)
  if (proves(endpoint) && protocol === 'http:' && !isLoopbackHost(hostname)) {
    return warn(about, `${says}: the key travels in the clear`, 'use https')
  }
  return ok(about, online ? `${says} can be reached` : says)
}

function proves({ apiKey, auth }: Endpoint): boolean {
  return apiKey !== null || PROOFS[auth.kind] !== undefined
}

function proofOf({ apiKey, auth }: Endpoint): string {
  if (apiKey) return 'key is set'
  if (auth.kind === 'aws-sigv4' && auth.keys) return 'AWS access key is set'
  return PROOFS[auth.kind] ?? 'no key'
}

const PROOFS: Readonly<Partial<Record<Endpoint['auth']['kind'], string>>> = {
  'aws-sigv4': 'AWS default credentials',
  azure: 'tokens of Microsoft Entra',
  google: 'tokens of Google',
}

/** Asks the cloud for credentials, as the first call would; null when it gives some, or none are needed. */
async function tryProof(endpoint: Endpoint): Promise<CredentialFailure | null> {
  const url = new URL(endpoint.baseUrl)
  try {
    await createAuthenticator(endpoint, systemClock).headersFor({
      url,
      method: 'POST',
      headers: {},
      body: Buffer.alloc(0),
    })
    return null
  } catch (error) {
    if (error instanceof CredentialFailure) return error
    throw error
  }
}

/** The cloud's own words, on one line. */
function reasonBehind({ cause }: CredentialFailure): string {
  const said = cause instanceof Error ? cause.message : ''
  return said === '' ? 'see docs/guide/cloud-credentials.md' : `it was said: ${said.replace(/\s+/g, ' ').slice(0, 500)}`
}

function adviceOn(error: unknown): string {
  const reason = reasonOf(error)
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(reason)) return 'its name is not known: check base_url, and DNS on this machine'
  if (reason === 'ECONNREFUSED') return 'nobody listens there: check base_url, or start the server'
  if (/CERT|SELF_SIGNED|ALTNAME/.test(reason))
    return 'its certificate is not trusted here: check base_url and the time, or set NODE_EXTRA_CA_CERTS'
  return 'check base_url, and whether a firewall is in the way'
}
