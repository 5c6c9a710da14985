import { describe, expect, it } from 'vitest'
import { dialectOf } from '../dialects/registry.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Deployment } from '../providers/deployment.ts'
import { deploymentOf, inboundOf } from './attempt-world.contract.ts'
import { encodeAttempt, type Inbound } from './encode-attempt.ts'

const CHAT = deploymentOf('host/gpt')
const MESSAGES = deploymentOf('host/claude', {}, 'anthropic-messages')

const BODY =
  '{ "model": "task", "seed": 12345678901234567890,\n "temperature": 1.0, "messages": [{"role":"user","content":"caf\\u00e9"}], "documents": [], "metadata": {"team_id":"t","order":"7"} }'

function encoded(deployment: Deployment, change: Partial<Inbound> = {}, request: object = {}) {
  const inbound = { ...inboundOf('openai-chat', BODY), remove: ['documents'], removeMetadata: ['team_id'], ...change }
  const asked = { ...dialectOf('openai-chat').decodeRequest(JSON.parse(BODY) as JsonObject), ...request }
  const { body, dropped } = encodeAttempt(asked, deployment, inbound, undefined)
  return { text: body.toString(), body: JSON.parse(body.toString()) as JsonObject, dropped }
}

describe('a request that stays in its format', () => {
  it('keeps the caller’s bytes but for the model and what is ours', () => {
    const { text, body, dropped } = encoded(CHAT)
    expect(text).toContain(
      '"seed": 12345678901234567890,\n "temperature": 1.0, "messages": [{"role":"user","content":"caf\\u00e9"}]',
    )
    expect(body).toMatchObject({ model: 'gpt', metadata: { order: '7' } })
    expect(body).not.toHaveProperty('documents')
    expect(dropped).toEqual([])
  })

  it('says what the host takes no field for', () => {
    const quirks = { rejects: ['seed', 'logprobs'] }
    const { body, dropped } = encoded({ ...CHAT, endpoint: { ...CHAT.endpoint, quirks } })
    expect(body).not.toHaveProperty('seed')
    expect(dropped).toEqual(['seed'])
  })

  it('gets the cap of the policy', () => {
    const { body } = encoded(CHAT, {}, { maxOutputTokens: 99 })
    expect(body.max_completion_tokens ?? body.max_tokens).toBe(99)
  })

  it.each([
    ['a guard changed its content', { original: null }],
    ['policy changed a parameter', { parametersChanged: true }],
  ])('is written anew when %s', (_, change) => {
    const { text, body } = encoded(CHAT, change, { temperature: 0.5 })
    expect(text).not.toContain('\\u00e9')
    expect(body).toMatchObject({ model: 'gpt', temperature: 0.5, messages: [{ role: 'user', content: 'café' }] })
  })
})

describe('a request that changes its format', () => {
  it('is written anew, and says what was lost', () => {
    const { body, dropped } = encoded(MESSAGES, {}, { maxOutputTokens: 50 })
    expect(body).toMatchObject({ model: 'claude', max_tokens: 50, messages: [{ role: 'user' }] })
    expect(body).not.toHaveProperty('seed')
    expect(dropped).toContain('seed')
  })

  it('says what was written where nobody reads it, and what was no context of ours', () => {
    const text =
      '{"model":"task","messages":[{"role":"user","content":"x","weight":1}],"metadata":{"team_id":"t","order":"7"}}'
    const { dropped } = encoded(MESSAGES, { ...inboundOf('openai-chat', text), removeMetadata: ['team_id'] })
    expect(dropped).toEqual(expect.arrayContaining(['messages[0].weight', 'metadata.order']))
    expect(dropped).not.toContain('metadata.team_id')
  })

  it('is as strict as callers of OpenAI say, and only as strict as OpenAI takes from others', () => {
    const schema = { type: 'object', properties: { x: { type: 'string' } } }
    const responseFormat = { type: 'json-schema', name: 'a', schema, strict: true }
    expect(encoded(CHAT, { dialect: 'openai-chat', original: null }, { responseFormat }).text).toContain(
      '"strict":true',
    )
    const other = encoded(CHAT, { dialect: 'anthropic-messages', original: null }, { responseFormat })
    expect(other.text).toContain('"strict":false')
    expect(other.dropped).toContain('response_format.json_schema.strict')
  })

  it('is what a call of the library gets too', () => {
    const { body } = encoded(CHAT, inboundOf(null))
    expect(body).toMatchObject({ model: 'gpt', messages: [{ role: 'user', content: 'café' }] })
  })
})
