/*
 * Amazon's signature, version 4: made by Amazon's own signer over the method, the path, the host, the content type and the body of each call.
 * Other headers are left unsigned, so that a proxy on the way may add to them. Keys come from the config or from the default credential chain
 * (environment, shared files, SSO, web identity, container and instance metadata); the chain's are kept and renewed like any token.
 */
import type { SignatureV4 } from '@smithy/signature-v4'
import type { AwsKeysConfig } from '../../config/sections/cloud.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Endpoint } from '../deployment.ts'
import {
  type AuthenticatedCall,
  type AuthHeaders,
  CredentialFailure,
  type IssuingAuthenticator,
} from './authenticator.ts'
import type { AwsSigV4Auth } from './cloud-auth.ts'
import { loadLibrary } from './cloud-library.ts'
import { NodeSha256 } from './node-sha256.ts'
import { requireOwnOrigin } from './own-origin.ts'
import { type Issued, TokenCache } from './token-cache.ts'

/** What Amazon's providers of credentials give. */
interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Signs every call to an endpoint of Amazon's. */
export function sigV4Authenticator(
  endpoint: Pick<Endpoint, 'baseUrl' | 'provider'>,
  { service, region, keys }: AwsSigV4Auth,
  clock: Clock,
): IssuingAuthenticator {
  const signers = new TokenCache<SignatureV4>(async () => {
    const { SignatureV4: Signer } = await loadLibrary('@smithy/signature-v4', () => import('@smithy/signature-v4'))
    const { value: credentials, expiresAt } = keys ? given(keys) : await fromChain(region)
    return { value: new Signer({ service, region, credentials, sha256: NodeSha256 }), expiresAt }
  }, clock)
  return {
    fixed: false,
    headersFor(call) {
      requireOwnOrigin(endpoint, call.url)
      return signed(call)
    },
  }

  async function signed(call: AuthenticatedCall): Promise<AuthHeaders> {
    return sign(await signers.get(), call, new Date(clock.now()))
  }
}

async function sign(signer: SignatureV4, call: AuthenticatedCall, signingDate: Date): Promise<AuthHeaders> {
  const { url, method, headers, body } = call
  const request = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, ...(headers['content-type'] ? { 'content-type': headers['content-type'] } : {}) },
      body,
    },
    { signingDate },
  )
  const { host, 'content-type': contentType, ...added } = request.headers
  return added
}

function given({ accessKeyId, secretAccessKey, sessionToken }: AwsKeysConfig): Issued<AwsCredentials> {
  const value = {
    accessKeyId: accessKeyId.reveal(),
    secretAccessKey: secretAccessKey.reveal(),
    ...(sessionToken ? { sessionToken: sessionToken.reveal() } : {}),
  }
  return { value, expiresAt: null }
}

/** A new chain each time, which reads files anew: one that is kept would never see keys that were replaced in them. */
async function fromChain(region: string): Promise<Issued<AwsCredentials>> {
  const { fromNodeProviderChain } = await loadLibrary(
    '@aws-sdk/credential-providers',
    () => import('@aws-sdk/credential-providers'),
  )
  try {
    const found = await fromNodeProviderChain({ ignoreCache: true, clientConfig: { region } })()
    return { value: found, expiresAt: found.expiration?.getTime() ?? null }
  } catch (error) {
    throw new CredentialFailure(
      'AWS gave no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, or give this machine a role.',
      error,
    )
  }
}
