import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import { azureOpenai } from '../azure-openai.ts'
import { buildEndpoint, type EndpointSettings } from '../endpoint.ts'
import { createAuthenticators } from './authenticators.ts'
import { tokenAuthenticator } from './bearer-token.ts'
import { installAdvice, loadLibrary, missingLibraries } from './cloud-library.ts'

const timeouts = { connectMs: 1, firstByteMs: 2, firstTokenMs: 3, idleMs: 4, totalMs: 5 }
const app = (clientSecret: string) =>
  ({ kind: 'client-secret', tenantId: 't', clientId: 'c', clientSecret: new Secret(clientSecret) }) as const

function endpoint(secret: string, settings: Partial<EndpointSettings> = {}) {
  return buildEndpoint('az', { timeouts, cloud: { resource: 'r', credential: app(secret) }, ...settings }, azureOpenai)
}

describe('authenticators', () => {
  it('are taken over by the endpoint of a new configuration that proves itself in the same way', () => {
    const authenticators = createAuthenticators(systemClock)
    const first = endpoint('one')
    const kept = authenticators.of(first)
    expect(authenticators.of(first)).toBe(kept)
    expect(authenticators.of(endpoint('one'))).toBe(kept)
  })

  it('are new where the secret, the address or the kind is another; running calls keep theirs', () => {
    const authenticators = createAuthenticators(systemClock)
    const first = endpoint('one')
    const kept = authenticators.of(first)
    const others = [
      endpoint('two'),
      endpoint('one', { cloud: { resource: 'other', credential: app('one') } }),
      endpoint('one', { cloud: { resource: 'r', credential: { kind: 'default' } } }),
    ]
    for (const other of others) expect(authenticators.of(other)).not.toBe(kept)
    expect(authenticators.of(first)).toBe(kept)
  })
})

describe('a token', () => {
  const home = { provider: 'az', baseUrl: 'https://r.openai.azure.com/openai/v1' }
  const call = (url: string) => ({ url: new URL(url), method: 'POST', headers: {}, body: Buffer.alloc(0) })

  it('is at hand for the second call, without waiting', async () => {
    const issue = vi.fn(async () => ({ value: 'one', expiresAt: Date.now() + 3_600_000 }))
    const { headersFor } = tokenAuthenticator(home, issue, systemClock)
    const address = `${home.baseUrl}/chat/completions`
    expect(await headersFor(call(address))).toEqual({ authorization: 'Bearer one' })
    expect(headersFor(call(address))).toEqual({ authorization: 'Bearer one' })
    expect(issue).toHaveBeenCalledTimes(1)
  })

  it.each([
    'https://evil.example/openai/v1',
    'http://r.openai.azure.com/openai/v1',
    'https://r.openai.azure.com.evil.example/',
  ])('is neither fetched for nor sent to %s', (other) => {
    const issue = vi.fn(async () => ({ value: 'one', expiresAt: null }))
    expect(() => tokenAuthenticator(home, issue, systemClock).headersFor(call(other))).toThrow(
      'may only be sent to its own address',
    )
    expect(issue).not.toHaveBeenCalled()
  })
})

describe('a library that is not installed', () => {
  const absent = 'headgate-absent-library' as never

  it('is found missing without loading anything, and those that are there are not', () => {
    const all = [
      '@smithy/signature-v4',
      '@aws-sdk/credential-providers',
      'google-auth-library',
      '@azure/identity',
    ] as const
    expect(missingLibraries(all)).toEqual([])
    expect(missingLibraries([absent, '@azure/identity'])).toEqual([absent])
  })

  it('is told of with the command that installs it', async () => {
    expect(installAdvice(['@smithy/signature-v4', '@aws-sdk/credential-providers'])).toBe(
      'needs @smithy/signature-v4 and @aws-sdk/credential-providers, which are not installed; run npm install @smithy/signature-v4 @aws-sdk/credential-providers',
    )
    await expect(loadLibrary('google-auth-library', () => import(absent))).rejects.toMatchObject({
      name: 'CredentialFailure',
      message: expect.stringContaining('run npm install google-auth-library'),
    })
  })
})
