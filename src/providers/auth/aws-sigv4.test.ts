import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { AwsKeysConfig } from '../../config/sections/cloud.ts'
import type { Clock } from '../../lib/clock.ts'
import { Secret } from '../../lib/secret.ts'
import { sigV4Authenticator } from './aws-sigv4.ts'
import { type ReceivedRequest, signatureOf, signedBy } from './aws-verifier.contract.ts'
import { startLoopback } from './loopback.contract.ts'

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const KEYS: AwsKeysConfig = {
  accessKeyId: new Secret('AKIDEXAMPLE'),
  secretAccessKey: new Secret(SECRET),
  sessionToken: null,
}
const BASE = 'https://bedrock-runtime.eu-west-1.amazonaws.com'
const MODEL = 'anthropic.claude-sonnet-4-5-20250929-v1:0'

let wall = Date.UTC(2026, 0, 2, 3, 4, 5)
const clock: Clock = { now: () => wall, monotonic: () => wall }

function authenticator(keys: AwsKeysConfig | null = KEYS, baseUrl = BASE) {
  const auth = { kind: 'aws-sigv4', service: 'bedrock', region: 'eu-west-1', keys } as const
  return sigV4Authenticator({ provider: 'bedrock', baseUrl }, auth, clock)
}

/** A call as the server would get it. */
async function signed({
  path = `/model/${encodeURIComponent(MODEL)}/converse`,
  body = '{"messages":[]}',
  keys = KEYS as AwsKeysConfig | null,
} = {}): Promise<ReceivedRequest> {
  const url = new URL(BASE + path)
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const call = { url, method: 'POST', headers, body: Buffer.from(body) }
  const proof = await authenticator(keys).headersFor(call)
  return {
    method: 'POST',
    target: url.pathname + url.search,
    headers: { ...headers, host: url.host, ...proof },
    body: call.body,
  }
}

describe('what is known to be right', () => {
  it('of the published examples the verifier makes the published signature', () => {
    const headers = {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`,
    }
    expect(
      signatureOf(
        { method: 'GET', target: '/', headers, body: Buffer.alloc(0) },
        'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      ),
    ).toBe('5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31')
  })

  it('Amazon’s own client passes the verifier, and we sign the same call at the same time for the same scope', async () => {
    const theirs = await sentByAmazonsClient()
    const { scope, signature } = signedBy(theirs.headers)
    expect(scope).toMatch(/^\d{8}\/eu-west-1\/bedrock\/aws4_request$/)
    expect(signatureOf(theirs, SECRET)).toBe(signature)

    wall = dateOf(theirs.headers['x-amz-date'] ?? '')
    const ours = await signed({ path: theirs.target, body: theirs.body.toString() })
    expect(signedBy(ours.headers).scope).toBe(scope)
    for (const name of ['x-amz-date', 'x-amz-content-sha256', 'content-type', 'host']) {
      expect([name, ours.headers[name]]).toEqual([name, theirs.headers[name]])
    }
    expect(signatureOf(ours, SECRET)).toBe(signedBy(ours.headers).signature)
  })
})

interface OutgoingRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** What Amazon's client would have written to the socket. */
async function sentByAmazonsClient(): Promise<ReceivedRequest> {
  let sent: ReceivedRequest | null = null
  const client = new BedrockRuntimeClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET },
    maxAttempts: 1,
    requestHandler: {
      handle: async ({ method, path, headers, body }: OutgoingRequest) => {
        sent = { method, target: path, headers: lowerCase(headers), body: Buffer.concat([body]) }
        throw new Error('enough was seen')
      },
    },
  })
  const messages = [{ role: 'user' as const, content: [{ text: 'Grüße' }] }]
  await client.send(new ConverseCommand({ modelId: MODEL, messages })).catch(() => undefined)
  client.destroy()
  if (!sent) throw new Error('nothing was sent')
  return sent
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

/** `20260102T030405Z` */
function dateOf(text: string): number {
  return Date.parse(text.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z'))
}

describe('a signed call', () => {
  it('proves its body, its path, its host and its content type', async () => {
    const request = await signed()
    const { accessKeyId, signedHeaders, signature } = signedBy(request.headers)
    expect(accessKeyId).toBe('AKIDEXAMPLE')
    expect(signedHeaders).toEqual(['content-type', 'host', 'x-amz-content-sha256', 'x-amz-date'])
    expect(signatureOf(request, SECRET)).toBe(signature)
    for (const changed of [
      { ...request, body: Buffer.from('{"messages":[1]}') },
      { ...request, target: '/model/other/converse' },
      { ...request, headers: { ...request.headers, host: 'evil.test' } },
      { ...request, headers: { ...request.headers, 'content-type': 'text/plain' } },
    ]) {
      expect(signatureOf(changed, SECRET)).not.toBe(signature)
    }
  })

  it.each([
    '/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Ainference-profile%2Feu.amazon.nova-lite-v1%3A0/converse',
    '/model/plain/converse-stream',
    '/model/with:colon/converse',
    '/model/x/converse?b=2&a=1',
  ])('holds for the path %s', async (path) => {
    const request = await signed({ path })
    expect(signatureOf(request, SECRET)).toBe(signedBy(request.headers).signature)
  })

  it('carries the session token of temporary keys, signed', async () => {
    const request = await signed({ keys: { ...KEYS, sessionToken: new Secret('session+token/==') } })
    expect(request.headers['x-amz-security-token']).toBe('session+token/==')
    expect(signedBy(request.headers).signedHeaders).toContain('x-amz-security-token')
    expect(signatureOf(request, SECRET)).toBe(signedBy(request.headers).signature)
  })

  it('says the present time', async () => {
    wall = Date.UTC(2026, 5, 7, 8, 9, 10)
    expect((await signed()).headers['x-amz-date']).toBe('20260607T080910Z')
  })

  it('is never made for another origin', () => {
    const url = new URL('https://evil.test/model/x/converse')
    expect(() => authenticator().headersFor({ url, method: 'POST', headers: {}, body: Buffer.alloc(0) })).toThrow(
      'may only be sent to its own address',
    )
  })
})

describe('the default chain', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('takes keys from the environment', async () => {
    vi.stubEnv('AWS_PROFILE', undefined)
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDFROMENV')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRET)
    vi.stubEnv('AWS_SESSION_TOKEN', 'from-env')
    const request = await signed({ keys: null })
    expect(signedBy(request.headers).accessKeyId).toBe('AKIDFROMENV')
    expect(request.headers['x-amz-security-token']).toBe('from-env')
    expect(signatureOf(request, SECRET)).toBe(signedBy(request.headers).signature)
  })

  it('asks the container’s endpoint, keeps what it gives and asks again before that ends', async () => {
    const server = await startLoopback()
    const hour = 3_600_000
    const give = (id: string, lifeMs: number) =>
      server.reply(200, {
        AccessKeyId: id,
        SecretAccessKey: SECRET,
        Token: 'from-container',
        Expiration: new Date(wall + lifeMs).toISOString(),
      })
    try {
      for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_WEB_IDENTITY_TOKEN_FILE'])
        vi.stubEnv(name, undefined)
      vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials')
      vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config')
      vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${server.url}/credentials`)
      wall = Date.now()
      give('AKIDONE', hour)
      const proving = authenticator(null)
      const call = { url: new URL(`${BASE}/model/x/converse`), method: 'POST', headers: {}, body: Buffer.from('{}') }
      const idOf = async () => signedBy((await proving.headersFor(call)) as Record<string, string>).accessKeyId
      expect([await idOf(), await idOf()]).toEqual(['AKIDONE', 'AKIDONE'])
      expect(server.requests).toHaveLength(1)
      wall += hour - 5 * 60_000
      give('AKIDTWO', hour)
      expect(await idOf()).toBe('AKIDONE')
      await vi.waitFor(async () => expect(await idOf()).toBe('AKIDTWO'), { timeout: 20_000 })
      expect(server.requests).toHaveLength(2)
    } finally {
      await server.close()
    }
  })

  it('that finds nothing says what to do', async () => {
    for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_WEB_IDENTITY_TOKEN_FILE'])
      vi.stubEnv(name, undefined)
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials')
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config')
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
    await expect(signed({ keys: null })).rejects.toMatchObject({
      name: 'CredentialFailure',
      message: expect.stringContaining('set AWS_ACCESS_KEY_ID'),
    })
  })
})
