import type { AccessToken, TokenCredential } from '@azure/identity'
import { CredentialFailure } from './authenticator.ts'
import type { AzureAuth } from './cloud-auth.ts'
import { loadLibrary } from './cloud-library.ts'
import type { Issued } from './token-cache.ts'

type AzureLibrary = Pick<
  typeof import('@azure/identity'),
  'ClientSecretCredential' | 'DefaultAzureCredential' | 'ManagedIdentityCredential'
>

/** Microsoft's own library, when it is installed. */
const installed = (): Promise<AzureLibrary> => loadLibrary('@azure/identity', () => import('@azure/identity'))

/** Gives a function that gets a new token of Microsoft Entra each time. It rejects with CredentialFailure. */
export function azureTokens(
  { scope, credential }: AzureAuth,
  library: () => Promise<AzureLibrary> = installed,
): () => Promise<Issued<string>> {
  // Kept: it remembers which of its sources answered.
  let source: TokenCredential | null = null
  return async () => {
    source ??= sourceOf(credential, await library())
    const token = await source.getToken(scope).catch((error: unknown): AccessToken | null => {
      throw new CredentialFailure(ADVICE[credential.kind], error)
    })
    if (!token) throw new CredentialFailure(ADVICE[credential.kind])
    return { value: token.token, expiresAt: token.expiresOnTimestamp }
  }
}

/** Few and quick: whoever waits would rather try another deployment, and the next call asks again. */
const RETRY = { maxRetries: 1, retryDelayInMs: 200 }

function sourceOf(credential: AzureAuth['credential'], azure: AzureLibrary): TokenCredential {
  switch (credential.kind) {
    case 'default':
      return new azure.DefaultAzureCredential({ retryOptions: RETRY })
    case 'managed-identity':
      return new azure.ManagedIdentityCredential({ retryOptions: RETRY })
    case 'client-secret':
      return new azure.ClientSecretCredential(
        credential.tenantId,
        credential.clientId,
        credential.clientSecret.reveal(),
        { retryOptions: RETRY },
      )
  }
}

const ADVICE: Readonly<Record<AzureAuth['credential']['kind'], string>> = {
  default:
    'Azure gave no token: none of its default credentials works here; sign in with az login, or set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET.',
  'managed-identity':
    'Azure gave no token for the managed identity: check that this machine has an identity and that its identity endpoint can be reached.',
  'client-secret':
    'Azure gave no token for the app: check tenant_id, client_id and client_secret, and whether the secret has expired.',
}
