import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../lib/clock.ts'
import { Secret } from '../lib/secret.ts'
import { createAuthenticator } from './auth/authenticators.ts'
import type { Endpoint, Timeouts } from './deployment.ts'
import { buildDeployment } from './deployments.ts'
import { buildEndpoint, EndpointError, type EndpointSettings } from './endpoint.ts'
import type { ProviderDefinition } from './provider.ts'
import { providerDefinition } from './registry.ts'

const timeouts: Timeouts = { connectMs: 1, firstByteMs: 2, firstTokenMs: 3, idleMs: 4, totalMs: 5 }
const apiKey = new Secret('sk-canary')

function definition(type: string): ProviderDefinition {
  const found = providerDefinition(type)
  if (!found) throw new Error(`no definition of ${type}`)
  return found
}

function build(type: string, settings: Partial<EndpointSettings> = {}) {
  return buildEndpoint(type, { timeouts, ...settings }, definition(type))
}

function problems(type: string, settings: Partial<EndpointSettings> = {}): string[] {
  try {
    build(type, settings)
  } catch (error) {
    if (error instanceof EndpointError) return error.problems.map((problem) => `${problem.path}: ${problem.message}`)
    throw error
  }
  return []
}

describe('an endpoint', () => {
  it('takes from the definition what the settings leave out', () => {
    const endpoint = build('anthropic', { apiKey })
    expect(endpoint).toMatchObject({
      provider: 'anthropic',
      type: 'anthropic',
      dialects: ['anthropic-messages'],
      baseUrl: 'https://api.anthropic.com',
      headers: { 'anthropic-version': '2023-06-01' },
      timeouts,
      abortStopsBilling: true,
      region: null,
      simulated: false,
      selfHosted: false,
      private: false,
    })
  })

  it.each([
    ['openai', 'https://proxy.example/v1///', 'https://proxy.example/v1'],
    ['openai', 'https://proxy.example', 'https://proxy.example'],
    ['anthropic', 'https://proxy.example/', 'https://proxy.example'],
    ['anthropic', 'https://proxy.example/anthropic/v1/', 'https://proxy.example/anthropic'],
    ['deepseek', 'https://API.deepseek.com/', 'https://api.deepseek.com'],
    ['vllm', 'http://10.0.0.7:8000/v1/', 'http://10.0.0.7:8000/v1'],
  ])('of %s at %s has the base %s', (type, baseUrl, base) => {
    expect(build(type, { apiKey, baseUrl }).baseUrl).toBe(base)
  })

  it("prefers the operator's headers, by lower-case name", () => {
    const endpoint = build('anthropic', {
      apiKey,
      headers: new Map<string, Secret | string>([
        ['Anthropic-Version', '2099-01-01'],
        ['X-Team', new Secret('core')],
      ]),
    })
    expect(endpoint.headers).toEqual({ 'anthropic-version': '2099-01-01', 'x-team': 'core' })
  })

  it('needs no key where the provider needs none, at another address, where the operator runs it, and inside the process', () => {
    expect(build('ollama').apiKey).toBeNull()
    expect(build('openai', { baseUrl: 'http://127.0.0.1:1/v1' }).apiKey).toBeNull()
    expect(build('openai', { selfHosted: true }).apiKey).toBeNull()
    expect(build('simulated')).toMatchObject({ simulated: true, baseUrl: 'simulated:', apiKey: null })
  })

  it('of a server one runs oneself ends its bill with the connection', () => {
    expect(build('groq', { apiKey }).abortStopsBilling).toBe(false)
    expect(build('groq', { apiKey, selfHosted: true }).abortStopsBilling).toBe(true)
  })
})

describe('settings that cannot work', () => {
  it.each([
    ['openai', {}, 'providers.openai.api_key: OpenAI needs a key; set OPENAI_API_KEY and write api_key: '],
    ['vllm', {}, 'providers.vllm.base_url: vLLM has no address of its own; write base_url'],
    [
      'vllm',
      { baseUrl: 'localhost:8000' },
      'providers.vllm.base_url: "localhost:8000" is not an http or https address',
    ],
    ['vllm', { baseUrl: 'http://me:pw@host/v1' }, 'keys do not belong in an address'],
    ['vllm', { baseUrl: 'http://host/v1?key=1' }, 'may not have a query or a fragment'],
    ['vllm', { baseUrl: 'http://host/v1/chat/completions' }, 'Headgate adds /chat/completions itself'],
    ['anthropic', { apiKey, baseUrl: 'http://host/v1/messages' }, 'Headgate adds /messages itself'],
    ['openai', { baseUrl: 'https://api.openai.com/v1/' }, 'OpenAI needs a key'],
    ['openai', { apiKey: new Secret(' ') }, 'the key is empty'],
    [
      'ollama',
      { headers: new Map([['bad name', 'x']]) },
      'providers.ollama.headers.bad name: this is not a header name',
    ],
    ['ollama', { headers: new Map([['Host', 'x']]) }, 'this header belongs to the connection'],
    ['ollama', { headers: new Map([['x-a', 'b\r\nx-c: d']]) }, 'may not hold line breaks'],
  ])('of %s %j are named with their place', (type, settings, message) => {
    expect(problems(type, settings).join('\n')).toContain(message)
  })

  it('are all told at once', () => {
    expect(problems('openai', { baseUrl: null, headers: new Map([['host', 'x']]) })).toHaveLength(2)
  })
})

describe('a provider key', () => {
  const url = (text: string) => new URL(text)
  const authHeaders = (endpoint: Endpoint, address: URL) =>
    createAuthenticator(endpoint, systemClock).headersFor({
      url: address,
      method: 'POST',
      headers: {},
      body: Buffer.alloc(0),
    })

  it('goes to its own origin in the form the provider wants', () => {
    expect(authHeaders(build('openai', { apiKey }), url('https://api.openai.com/v1/chat/completions'))).toEqual({
      authorization: 'Bearer sk-canary',
    })
    expect(authHeaders(build('anthropic', { apiKey }), url('https://api.anthropic.com/v1/messages'))).toEqual({
      'x-api-key': 'sk-canary',
    })
    expect(authHeaders(build('ollama'), url('http://127.0.0.1:11434/v1/chat/completions'))).toEqual({})
  })

  it.each([
    'https://evil.example/v1/chat/completions',
    'http://api.openai.com/v1/chat/completions',
    'https://api.openai.com:8443/v1/chat/completions',
    'https://api.openai.com.evil.example/v1',
  ])('never goes to %s', (other) => {
    const endpoint = build('openai', { apiKey })
    expect(() => authHeaders(endpoint, url(other))).toThrow('may only be sent to its own address')
  })

  it('cannot be printed with its endpoint', () => {
    const endpoint = build('openai', { apiKey })
    expect(JSON.stringify(endpoint) + inspect(endpoint, { depth: 9 }) + String(endpoint.apiKey)).not.toContain('canary')
  })
})

it('a deployment is named after its provider and model, slashes and all, and lacks what is known of both', () => {
  const endpoint = build('groq', { apiKey })
  const settings = { price: null, contextTokens: 131_072, maxOutputTokens: null, quality: 3 }
  expect(buildDeployment(endpoint, 'openai/gpt-oss-20b', settings)).toEqual({
    id: 'groq/openai/gpt-oss-20b',
    dialects: ['openai-chat'],
    lacks: ['images', 'audio'],
    endpoint,
    model: 'openai/gpt-oss-20b',
    ...settings,
  })
})

it('what the operator says of a deployment counts more than what is known', () => {
  const settings = { price: null, contextTokens: null, maxOutputTokens: null, quality: null }
  const lacksAt = (type: string, lacks: readonly ['tools'] | [] | null) =>
    buildDeployment(build(type, { apiKey }), 'gpt-3.5-turbo', { ...settings, lacks }).lacks
  expect(lacksAt('openai', [])).toEqual([])
  expect(lacksAt('openai', ['tools'])).toEqual(['tools'])
  expect(lacksAt('openai', null)).toContain('files')
  expect(lacksAt('openrouter', null)).not.toContain('files')
})
