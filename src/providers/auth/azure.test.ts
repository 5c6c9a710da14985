import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Secret } from '../../lib/secret.ts'
import { unusedUrl } from '../../testing/unused-url.ts'
import { azureTokens } from './azure.ts'
import type { AzureAuth } from './cloud-auth.ts'
import { type Loopback, startLoopback } from './loopback.contract.ts'

const SCOPE = 'https://cognitiveservices.azure.com/.default'

function tokens(credential: AzureAuth['credential'], library?: Parameters<typeof azureTokens>[1]) {
  return azureTokens({ kind: 'azure', scope: SCOPE, credential }, library)
}

describe('a managed identity', () => {
  let server: Loopback
  beforeEach(async () => {
    server = await startLoopback()
    vi.stubEnv('IDENTITY_HEADER', 'header-secret')
    vi.stubEnv('IDENTITY_ENDPOINT', `${server.url}/msi/token`)
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await server.close()
  })

  it('gets its token from the machine, for the models of the cloud', async () => {
    const inAnHour = Math.floor(Date.now() / 1000) + 3600
    server.reply(200, { access_token: 'entra-one', expires_on: String(inAnHour), resource: 'x', token_type: 'Bearer' })
    const { value, expiresAt } = await tokens({ kind: 'managed-identity' })()
    expect(value).toBe('entra-one')
    expect(Math.abs((expiresAt ?? 0) - inAnHour * 1000)).toBeLessThan(10_000)
    const [request] = server.requests
    expect(request?.headers['x-identity-header']).toBe('header-secret')
    expect(new URL(server.url + request?.target).searchParams.get('resource')).toBe(
      'https://cognitiveservices.azure.com',
    )
  })

  it('that the machine refuses says what to check, and keeps what was answered to operators', async () => {
    server.reply(400, { error: 'invalid_request', error_description: 'Identity not found' })
    await expect(tokens({ kind: 'managed-identity' })()).rejects.toMatchObject({
      name: 'CredentialFailure',
      message: expect.stringContaining('check that this machine has an identity'),
      cause: expect.anything(),
    })
  })

  it('whose endpoint is down says what to check', async () => {
    vi.stubEnv('IDENTITY_ENDPOINT', `${await unusedUrl()}/msi/token`)
    await expect(tokens({ kind: 'managed-identity' })()).rejects.toMatchObject({
      name: 'CredentialFailure',
      message: expect.stringContaining('its identity endpoint can be reached'),
    })
  })
})

describe('an app', () => {
  class Recorded {
    readonly given: readonly unknown[]
    constructor(...given: unknown[]) {
      this.given = given
      made.push(this)
    }
    async getToken(scope: string) {
      return { token: `token for ${scope}`, expiresOnTimestamp: 5 }
    }
  }
  class Refused extends Recorded {
    override async getToken(): Promise<never> {
      throw new Error('AADSTS7000222: the secret of client c is expired')
    }
  }
  const made: Recorded[] = []
  const library = (ClientSecretCredential: typeof Recorded) => async () =>
    ({ ClientSecretCredential, DefaultAzureCredential: Recorded, ManagedIdentityCredential: Recorded }) as never
  const app = { kind: 'client-secret', tenantId: 't', clientId: 'c', clientSecret: new Secret('canary') } as const

  it('proves itself with its id and secret; the source is made once', async () => {
    made.length = 0
    const next = tokens(app, library(Recorded))
    expect(await next()).toEqual({ value: `token for ${SCOPE}`, expiresAt: 5 })
    await next()
    expect(made.map(({ given }) => given)).toEqual([['t', 'c', 'canary', expect.anything()]])
  })

  it('whose secret is not taken says what to check', async () => {
    const failing = tokens(app, library(Refused))()
    await expect(failing).rejects.toMatchObject({ message: expect.stringContaining('whether the secret has expired') })
    await expect(failing).rejects.not.toThrow('AADSTS')
  })
})
