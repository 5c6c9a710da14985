import { readFile } from 'node:fs/promises'
import { isObject, parseJson } from '../../lib/json.ts'
import { CredentialFailure } from './authenticator.ts'
import type { GoogleAuth } from './cloud-auth.ts'
import { loadLibrary } from './cloud-library.ts'
import type { Issued } from './token-cache.ts'

type GoogleLibrary = Pick<typeof import('google-auth-library'), 'GoogleAuth' | 'JWT'>

/** Google's own library, when it is installed. */
const installed = (): Promise<GoogleLibrary> => loadLibrary('google-auth-library', () => import('google-auth-library'))

/**
 * Gives a function that gets a new token of Google each time. It rejects with CredentialFailure. Files are read and places looked at anew each
 * time, so that keys which were replaced come into use with the next token.
 */
export function googleTokens(
  { scope, account }: GoogleAuth,
  library: () => Promise<GoogleLibrary> = installed,
): () => Promise<Issued<string>> {
  return async () => {
    const { GoogleAuth: DefaultCredentials, JWT } = await library()
    const key =
      account === null ? null : 'file' in account ? await keyInFile(account.file) : keyOf(account.json.reveal())
    try {
      const client = key
        ? new JWT({ ...key, scopes: scope })
        : await new DefaultCredentials({ scopes: scope }).getClient()
      const { token } = await client.getAccessToken()
      if (!token) throw new Error('the reply holds no token')
      return { value: token, expiresAt: client.credentials.expiry_date ?? null }
    } catch (error) {
      throw new CredentialFailure(key ? OF_ACCOUNT : OF_DEFAULT, error)
    }
  }
}

interface AccountKey {
  readonly email: string
  readonly key: string
  readonly keyId?: string
}

async function keyInFile(path: string): Promise<AccountKey> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CredentialFailure('The file that credentials_file names cannot be read.', error)
  })
  return keyOf(text)
}

function keyOf(text: string): AccountKey {
  const json = parseJson(text)
  if (!isObject(json) || json.type !== 'service_account') throw new CredentialFailure(NO_ACCOUNT)
  const { client_email: email, private_key: key, private_key_id: keyId } = json
  if (typeof email !== 'string' || typeof key !== 'string') throw new CredentialFailure(NO_ACCOUNT)
  return { email, key, ...(typeof keyId === 'string' ? { keyId } : {}) }
}

const NO_ACCOUNT =
  'The Google credential is not the key of a service account; for other kinds name the file in GOOGLE_APPLICATION_CREDENTIALS and leave credentials_file out.'
const OF_ACCOUNT =
  'Google gave no token for the service account: check that its key is still valid, and that this machine reaches oauth2.googleapis.com.'
const OF_DEFAULT =
  'Google gave no token: no application default credentials work here; run gcloud auth application-default login, set GOOGLE_APPLICATION_CREDENTIALS, or write credentials_file.'
