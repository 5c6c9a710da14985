import { generateKeyPairSync, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GoogleAuth as DefaultCredentials, JWT, type JWTOptions } from 'google-auth-library'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Secret } from '../../lib/secret.ts'
import { unusedUrl } from '../../testing/unused-url.ts'
import type { GoogleAuth } from './cloud-auth.ts'
import { googleTokens } from './google.ts'
import { type Loopback, startLoopback } from './loopback.contract.ts'

/* Google's library knows one token endpoint only; its calls are led to this machine. */

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform'
const pair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
const account = (email = 'gate@project.iam') =>
  JSON.stringify({
    type: 'service_account',
    client_email: email,
    private_key: pair.privateKey,
    private_key_id: 'key-1',
  })

let server: Loopback
let directory: string

beforeEach(async () => {
  server = await startLoopback()
  directory = mkdtempSync(join(tmpdir(), 'headgate-google-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  rmSync(directory, { recursive: true })
  await server.close()
})

/** Google's library, but that its token endpoint is elsewhere. */
function libraryWith(endpoint: string) {
  const led: typeof fetch = (target, options) => {
    const { origin, pathname } = new URL(String(target))
    if (origin !== 'https://oauth2.googleapis.com') throw new Error(`a call to ${origin}`)
    return fetch(endpoint + pathname, options)
  }
  class LedJwt extends JWT {
    constructor(options: JWTOptions) {
      super({ ...options, transporterOptions: { fetchImplementation: led } })
    }
  }
  return async () => ({ GoogleAuth: DefaultCredentials, JWT: LedJwt })
}

function tokens(given: GoogleAuth['account'], endpoint = server.url) {
  return googleTokens({ kind: 'google', scope: SCOPE, account: given }, libraryWith(endpoint))
}

/** The claims of the assertion that was sent, once its signature was found to be the account's. */
function claims(): Record<string, unknown> {
  const form = new URLSearchParams(server.requests.at(-1)?.body.toString())
  const [head = '', body = '', signature = ''] = (form.get('assertion') ?? '').split('.')
  const good = verify('sha256', Buffer.from(`${head}.${body}`), pair.publicKey, Buffer.from(signature, 'base64url'))
  expect(good).toBe(true)
  return JSON.parse(Buffer.from(body, 'base64url').toString())
}

describe('a service account', () => {
  it('in the config asks for a token in its own name, for the scope of the cloud', async () => {
    server.reply(200, { access_token: 'ya29.one', expires_in: 3599, token_type: 'Bearer' })
    const before = Date.now()
    const { value, expiresAt } = await tokens({ kind: 'service-account', json: new Secret(account()) })()
    expect(value).toBe('ya29.one')
    expect((expiresAt ?? 0) - before).toBeGreaterThan(3_500_000)
    expect(claims()).toMatchObject({
      iss: 'gate@project.iam',
      scope: SCOPE,
      aud: 'https://oauth2.googleapis.com/token',
    })
  })

  it('in a file is read anew for each token', async () => {
    server.reply(200, { access_token: 'ya29.one', expires_in: 3599 })
    const file = join(directory, 'account.json')
    writeFileSync(file, account('old@project.iam'))
    const next = tokens({ file })
    await next()
    expect(claims().iss).toBe('old@project.iam')
    writeFileSync(file, account('new@project.iam'))
    await next()
    expect(claims().iss).toBe('new@project.iam')
  })

  it.each<[string, (file: string) => void, string]>([
    ['is not there', () => undefined, 'cannot be read'],
    ['is no JSON', (file) => writeFileSync(file, 'canary'), 'not the key of a service account'],
    [
      'is another kind of credential',
      (file) => writeFileSync(file, '{"type":"external_account"}'),
      'GOOGLE_APPLICATION_CREDENTIALS',
    ],
  ])('whose file %s says so', async (_what, prepare, message) => {
    const file = join(directory, 'account.json')
    prepare(file)
    const failing = tokens({ file })()
    await expect(failing).rejects.toMatchObject({
      name: 'CredentialFailure',
      message: expect.stringContaining(message),
    })
    await expect(failing).rejects.not.toThrow('canary')
    expect(server.requests).toEqual([])
  })

  it('that Google does not know says what to check', async () => {
    server.reply(400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' })
    await expect(tokens({ kind: 'service-account', json: new Secret(account()) })()).rejects.toMatchObject({
      name: 'CredentialFailure',
      message: expect.stringContaining('check that its key is still valid'),
      cause: expect.objectContaining({ message: expect.stringContaining('invalid_grant') }),
    })
  })

  it('whose token endpoint is down says what to check', async () => {
    const next = tokens({ kind: 'service-account', json: new Secret(account()) }, await unusedUrl())
    await expect(next()).rejects.toMatchObject({
      name: 'CredentialFailure',
      message: expect.stringContaining('reaches oauth2.googleapis.com'),
    })
  })
})

describe('application default credentials', () => {
  it('are those of the machine where it has some', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined)
    vi.stubEnv('HOME', directory)
    vi.stubEnv('GCE_METADATA_HOST', server.url.replace('http://', ''))
    vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present')
    server.reply(200, { access_token: 'ya29.machine', expires_in: 3599, token_type: 'Bearer' })
    expect((await tokens(null)()).value).toBe('ya29.machine')
    expect(server.requests.at(-1)?.target).toContain('/computeMetadata/v1/instance/service-accounts/default/token')
  })

  it('that are nowhere say what to do', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined)
    vi.stubEnv('HOME', directory)
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    await expect(tokens(null)()).rejects.toMatchObject({
      name: 'CredentialFailure',
      message: expect.stringContaining('gcloud auth application-default login'),
    })
  })
})
