import { createRequire } from 'node:module'
import { CredentialFailure } from './authenticator.ts'

/** The makers' own libraries that cloud identities need: optional, and loaded when a provider that needs them is first called. */
export type CloudLibrary =
  | '@smithy/signature-v4'
  | '@aws-sdk/credential-providers'
  | 'google-auth-library'
  | '@azure/identity'

const require = createRequire(import.meta.url)

/** Those that are not installed. Nothing is loaded. */
export function missingLibraries(needed: readonly CloudLibrary[]): readonly CloudLibrary[] {
  return needed.filter((name) => {
    try {
      require.resolve(name)
      return false
    } catch (error) {
      // Anything else means that it is there, in a form that `require` does not know.
      return error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND'
    }
  })
}

/** How libraries that are missing are told of. */
export function installAdvice(missing: readonly CloudLibrary[]): string {
  return `needs ${missing.join(' and ')}, which ${missing.length === 1 ? 'is' : 'are'} not installed; run npm install ${missing.join(' ')}`
}

/** Loads a library. Rejects with CredentialFailure that says how to install it, when it is not. */
export async function loadLibrary<Library>(name: CloudLibrary, load: () => Promise<Library>): Promise<Library> {
  try {
    return await load()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code !== 'ERR_MODULE_NOT_FOUND') {
      throw new CredentialFailure(`${name} is installed and cannot be loaded; install it anew.`, error)
    }
    throw new CredentialFailure(`This kind of credential ${installAdvice([name])}.`, error)
  }
}
