import { describe, expect, it } from 'vitest'
import type { DialectName } from '../canonical/dialect-name.ts'
import { Secret } from '../lib/secret.ts'
import { azureOpenai } from './azure-openai.ts'
import { bedrock } from './bedrock.ts'
import { buildEndpoint, EndpointError, type EndpointSettings } from './endpoint.ts'
import type { ProviderDefinition } from './provider.ts'
import { vertexAi } from './vertex-ai.ts'

const timeouts = { connectMs: 1, firstByteMs: 2, firstTokenMs: 3, idleMs: 4, totalMs: 5 }
const apiKey = new Secret('sk-canary')
const awsKeys = { accessKeyId: new Secret('AKIA1'), secretAccessKey: new Secret('s'), sessionToken: null }

function build(definition: ProviderDefinition, settings: Partial<EndpointSettings>) {
  return buildEndpoint('p', { timeouts, ...settings }, definition)
}

function problems(definition: ProviderDefinition, settings: Partial<EndpointSettings>): string {
  try {
    build(definition, settings)
  } catch (error) {
    if (error instanceof EndpointError) return error.message
    throw error
  }
  return ''
}

function addressOf(
  definition: ProviderDefinition,
  settings: Partial<EndpointSettings>,
  model: string,
  stream = false,
): string {
  const { baseUrl, dialects, pathOf } = build(definition, settings)
  const [dialect] = typeof dialects === 'function' ? dialects(model) : dialects
  return `${dialect} ${baseUrl}${pathOf?.(dialect as DialectName, { model, stream }) ?? ''}`
}

describe('Azure OpenAI', () => {
  const credential = { kind: 'managed-identity' } as const

  it('is called at its v1 API, or with a version at the older one, whose address names the deployment', () => {
    const cloud = { resource: 'my-res' }
    expect(addressOf(azureOpenai, { apiKey, cloud }, 'gpt-4o')).toBe(
      'openai-chat https://my-res.openai.azure.com/openai/v1',
    )
    expect(addressOf(azureOpenai, { apiKey, cloud: { ...cloud, apiVersion: '2024-10-21' } }, 'my gpt')).toBe(
      'openai-chat https://my-res.openai.azure.com/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21',
    )
    const older = build(azureOpenai, { apiKey, cloud: { ...cloud, apiVersion: '2024-10-21' } })
    expect(older.pathOf?.('openai-embeddings', { model: 'vectors', stream: false })).toBe(
      '/openai/deployments/vectors/embeddings?api-version=2024-10-21',
    )
    expect(addressOf(azureOpenai, { apiKey, baseUrl: 'https://apim.example/openai/v1/' }, 'gpt-4o')).toBe(
      'openai-chat https://apim.example/openai/v1',
    )
  })

  it('takes its key in a header of its own, or an identity for the scope of its models', () => {
    expect(build(azureOpenai, { apiKey, cloud: { resource: 'r' } }).auth).toEqual({ kind: 'header', name: 'api-key' })
    expect(build(azureOpenai, { cloud: { resource: 'r', credential } }).auth).toEqual({
      kind: 'azure',
      scope: 'https://cognitiveservices.azure.com/.default',
      credential,
    })
    expect(problems(azureOpenai, { cloud: { resource: 'r' } })).toContain('write api_key or credential')
    expect(problems(azureOpenai, { apiKey })).toContain('providers.p.resource: is missing; write resource: my-res')
  })
})

describe('Vertex AI', () => {
  const cloud = (location: string) => ({ project: 'p1', location })

  it.each([
    ['europe-west1', 'https://europe-west1-aiplatform.googleapis.com'],
    ['global', 'https://aiplatform.googleapis.com'],
    ['eu', 'https://aiplatform.eu.rep.googleapis.com'],
  ])('in %s is at %s', (location, host) => {
    const base = (version: string) => `${host}/${version}/projects/p1/locations/${location}/publishers`
    const settings = { cloud: cloud(location) }
    expect(addressOf(vertexAi, settings, 'gemini-2.5-flash')).toBe(
      `google-generate-content ${base('v1beta1')}/google/models/gemini-2.5-flash:generateContent`,
    )
    expect(addressOf(vertexAi, settings, 'gemini-2.5-flash', true)).toBe(
      `google-generate-content ${base('v1beta1')}/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse`,
    )
    expect(addressOf(vertexAi, settings, 'claude-sonnet-4-5@20250929')).toBe(
      `anthropic-messages ${base('v1')}/anthropic/models/claude-sonnet-4-5@20250929:rawPredict`,
    )
    expect(addressOf(vertexAi, settings, 'claude-sonnet-4-5@20250929', true)).toMatch(/:streamRawPredict$/)
  })

  it('computes where its location is, unless something else is written', () => {
    expect(build(vertexAi, { cloud: cloud('europe-west1') }).region).toBe('europe-west1')
    expect(build(vertexAi, { cloud: cloud('europe-west1'), region: 'eu' }).region).toBe('eu')
  })

  it('cannot be led out of its project by the name of a model', () => {
    expect(addressOf(vertexAi, { cloud: cloud('global') }, '../../x?y#z')).toContain(
      '/models/..%2F..%2Fx%3Fy%23z:generateContent',
    )
  })

  it('takes a service account, or the default credentials', () => {
    const account = { kind: 'service-account', json: new Secret('{}') } as const
    const authOf = (more: object) => build(vertexAi, { cloud: { ...cloud('global'), ...more } }).auth
    expect(authOf({})).toMatchObject({ kind: 'google', account: null })
    expect(authOf({ credential: { kind: 'default' } })).toMatchObject({ account: null })
    expect(authOf({ credential: account })).toMatchObject({ account })
    expect(authOf({ credentialsFile: '/run/secrets/v.json' })).toMatchObject({
      account: { file: '/run/secrets/v.json' },
    })
  })
})

describe('Bedrock', () => {
  it.each([
    ['eu-west-1', 'https://bedrock-runtime.eu-west-1.amazonaws.com'],
    ['us-gov-west-1', 'https://bedrock-runtime.us-gov-west-1.amazonaws.com'],
    ['cn-north-1', 'https://bedrock-runtime.cn-north-1.amazonaws.com.cn'],
  ])('in %s is at %s', (region, address) => {
    expect(build(bedrock, { region }).baseUrl).toBe(address)
  })

  it('signs with the keys that are written, or those of the default chain; a Bedrock key is a bearer', () => {
    const signing = { kind: 'aws-sigv4', service: 'bedrock', region: 'eu-west-1' }
    expect(build(bedrock, { region: 'eu-west-1' }).auth).toEqual({ ...signing, keys: null })
    expect(build(bedrock, { region: 'eu-west-1', cloud: { awsKeys } }).auth).toEqual({ ...signing, keys: awsKeys })
    expect(build(bedrock, { region: 'eu-west-1', apiKey }).auth).toEqual({ kind: 'bearer' })
  })

  it('needs a region that can be part of an address', () => {
    expect(problems(bedrock, {})).toContain('providers.p.region: is missing; write region: eu-west-1')
    expect(problems(bedrock, { region: 'eu' })).toContain('is not a region here')
    expect(problems(bedrock, { region: 'x.evil.test/' })).toContain('is not a region here')
  })
})

it('an identity that is only found on this machine is not shown to an address that the config names', () => {
  const baseUrl = 'https://proxy.example'
  expect(build(bedrock, { region: 'eu-west-1', baseUrl }).auth).toEqual({ kind: 'none' })
  const vertex = { project: 'p1', location: 'global' }
  expect(build(vertexAi, { cloud: vertex, baseUrl }).auth).toEqual({ kind: 'none' })
  const written = { ...vertex, credential: { kind: 'default' } as const }
  expect(build(vertexAi, { cloud: written, baseUrl }).auth).toMatchObject({ kind: 'google' })
})
