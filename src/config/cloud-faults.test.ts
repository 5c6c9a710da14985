import { describe, expect, test } from 'vitest'
import type { KnownProvider } from './known-provider.ts'
import { loadConfigObject } from './load.ts'

const location = { pattern: /^[a-z0-9-]+$/, example: 'europe-west1' }
const knownProviders: readonly KnownProvider[] = [
  { type: 'openai', baseUrl: 'https://api.openai.com/v1', keyVariable: 'OPENAI_API_KEY' },
  {
    type: 'azure-openai',
    keyVariable: 'AZURE_OPENAI_API_KEY',
    cloud: {
      keys: ['credential', 'resource', 'api_version'],
      required: [{ key: 'resource', orBaseUrl: true, pattern: /^[a-z-]+$/, example: 'my-res' }],
      credentials: ['default', 'managed-identity', 'client-secret'],
      apiKey: 'or-credential',
    },
  },
  {
    type: 'vertex',
    cloud: {
      keys: ['credential', 'credentials_file', 'project', 'location'],
      required: [
        { key: 'project', orBaseUrl: false, pattern: /./, example: 'my-project' },
        { key: 'location', orBaseUrl: false, ...location },
      ],
      credentials: ['default', 'service-account'],
      apiKey: 'never',
    },
  },
  {
    type: 'bedrock',
    keyVariable: 'AWS_BEARER_TOKEN_BEDROCK',
    cloud: {
      keys: ['credential', 'access_key_id', 'secret_access_key', 'session_token'],
      required: [{ key: 'region', orBaseUrl: false, pattern: /^[a-z]+-[a-z]+-\d$/, example: 'eu-west-1' }],
      credentials: ['default'],
      apiKey: 'optional',
    },
  },
]

function load(type: string, section: object, env: Record<string, string> = {}) {
  return loadConfigObject({ providers: { p: { type, ...section } } }, { env, knownProviders })
}

function problems(type: string, section: object): readonly string[] {
  const result = load(type, section)
  if (result.ok) return []
  return result.problems.map(
    ({ path, message, suggestion }) => `${path} ${message}${suggestion === undefined ? '' : ` -> ${suggestion}`}`,
  )
}

function provider(type: string, section: object, env: Record<string, string> = {}) {
  const result = load(type, section, env)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.config.providers.get('p')
}

const account = JSON.stringify({ type: 'service_account', client_email: 'a@b', private_key: 'canary' })

describe('providers in a cloud', () => {
  test.each<[string, object]>([
    ['bedrock', { region: 'eu-west-1' }],
    ['bedrock', { region: 'eu-west-1', credential: 'default' }],
    ['bedrock', { region: 'eu-west-1', access_key_id: 'AKIA1', secret_access_key: 's', session_token: 't' }],
    ['bedrock', { region: 'eu-west-1', api_key: 'k', base_url: 'https://vpce.example' }],
    ['azure-openai', { resource: 'my-res', region: 'eu', credential: 'managed-identity' }],
    ['azure-openai', { resource: 'my-res', api_key: 'k', api_version: '2024-10-21' }],
    ['azure-openai', { base_url: 'https://apim.example/openai/v1', api_key: 'k' }],
    ['azure-openai', { resource: 'my-res', credential: { tenant_id: 't', client_id: 'c', client_secret: 's' } }],
    ['vertex', { project: 'p', location: 'europe-west1' }],
    ['vertex', { project: 'p', location: 'global', credentials_file: '/run/secrets/vertex.json' }],
    ['vertex', { project: 'p', location: 'global', credential: { service_account: account } }],
  ])('of type %s may say %j', (type, section) => {
    expect(problems(type, section)).toEqual([])
  })

  test.each<[string, object, RegExp]>([
    ['bedrock', {}, /^providers\.p\.region is missing; write region: eu-west-1$/],
    ['bedrock', { region: 'evil.test/' }, /^providers\.p\.region is not a region here; write one like eu-west-1$/],
    ['bedrock', { region: 'eu-west-1', access_key_id: 'A' }, /^providers\.p\.secret_access_key is missing/],
    ['bedrock', { region: 'eu-west-1', secret_access_key: 's' }, /^providers\.p\.access_key_id is missing/],
    ['bedrock', { region: 'eu-west-1', session_token: 's' }, /^providers\.p\.access_key_id is missing/],
    ['bedrock', { region: 'eu-west-1', credential: 'managed-identity' }, /^providers\.p\.credential is of a kind/],
    ['bedrock', { region: 'eu-west-1', api_key: 'k', credential: 'default' }, /credential and api_key are two proofs/],
    [
      'bedrock',
      { region: 'eu-west-1', base_url: 'https://x.test' },
      /^providers\.p\.credential is missing; what is found/,
    ],
    ['azure-openai', { api_key: 'k' }, /^providers\.p\.resource is missing; write resource: my-res, or base_url$/],
    ['azure-openai', { resource: 'my-res' }, /^providers\.p\.api_key is missing; set AZURE_OPENAI_API_KEY/],
    ['azure-openai', { resource: 'https://r.openai.azure.com', api_key: 'k' }, /must be the name alone/],
    ['azure-openai', { resource: 'r', credential: { service_account: account } }, /is of a kind that/],
    ['azure-openai', { resource: 'r', credential: 'managed_identity' }, /must be one of.*-> managed-identity/],
    ['vertex', { project: 'p' }, /^providers\.p\.location is missing/],
    ['vertex', { project: 'p', location: 'global', api_key: 'k' }, /^providers\.p\.api_key is not used/],
    ['vertex', { project: 'p', location: 'global', credential: { service_account: '{}' } }, /must be the JSON of/],
  ])('of type %s may not say %j', (type, section, problem) => {
    expect(problems(type, section).join('\n')).toMatch(problem)
  })

  test.each<[string, object, string]>([
    [
      'openai',
      { api_key: 'k', resource: 'r' },
      'providers.p.resource is not a key of providers of type openai; it belongs to azure-openai',
    ],
    [
      'bedrock',
      { region: 'eu-west-1', location: 'x' },
      'providers.p.location is not a key of providers of type bedrock; it belongs to vertex',
    ],
    [
      'vertex',
      { project: 'p', location: 'global', access_key_id: 'A', secret_access_key: 's' },
      'it belongs to bedrock',
    ],
    [
      'azure-openai',
      { api_key: 'k', resource: 'r', resourse: 'r' },
      'providers.p.resourse is not a key here -> resource',
    ],
  ])(
    '%s: a key of another kind is refused, with its home, and a misspelt one with the nearest name',
    (type, section, problem) => {
      expect(problems(type, section).join('\n')).toContain(problem)
    },
  )

  test('hand on what was written', () => {
    const { cloud } = provider('bedrock', { region: 'eu-west-1', access_key_id: 'AKIA1', secret_access_key: 's' }) ?? {}
    expect(cloud?.awsKeys?.accessKeyId.reveal()).toBe('AKIA1')
    expect(cloud?.awsKeys?.secretAccessKey.reveal()).toBe('s')
    expect(cloud?.awsKeys?.sessionToken).toBeNull()
    const azure = provider('azure-openai', {
      resource: 'r',
      credential: { tenant_id: 't', client_id: 'c', client_secret: 'canary' },
    })
    expect(azure?.cloud.credential).toMatchObject({ kind: 'client-secret', tenantId: 't', clientId: 'c' })
    expect(JSON.stringify(azure)).not.toContain('canary')
  })

  test('take the usual key from the environment only when no identity is written', () => {
    const env = { AWS_BEARER_TOKEN_BEDROCK: 'from-env' }
    expect(provider('bedrock', { region: 'eu-west-1' }, env)?.apiKey?.reveal()).toBe('from-env')
    expect(provider('bedrock', { region: 'eu-west-1', credential: 'default' }, env)?.apiKey).toBeNull()
    const keys = { region: 'eu-west-1', access_key_id: 'A', secret_access_key: 's' }
    expect(provider('bedrock', keys, env)?.apiKey).toBeNull()
  })

  test('never quote a secret that is not good', () => {
    const text = JSON.stringify([
      load('azure-openai', {
        resource: 'r',
        credential: { tenant_id: 't', client_id: 'c', client_secret: 'a canary' },
      }),
      load('vertex', { project: 'p', location: 'global', credential: { service_account: 'canary' } }),
      load('bedrock', { region: 'eu-west-1', access_key_id: 'a canary', secret_access_key: 'the canary' }),
    ])
    expect(text).not.toContain('canary')
  })
})
