import { describe, expect, it } from 'vitest'
import { dialectOf } from '../dialects/registry.ts'
import type { JsonValue } from '../lib/json.ts'
import type { Deployment } from '../providers/deployment.ts'
import { failureOfReply, failureOfStatus } from './classify-failure.ts'

const deployment = { id: 'host/m', endpoint: { provider: 'host' } } as Deployment

const ofStatus = (status: number, message: string, code?: string) =>
  failureOfStatus(deployment, status, {}, { message, ...(code === undefined ? {} : { code }) }, 0).error

describe('an error reply of a provider', () => {
  it.each([
    ["This model's maximum context length is 8192 tokens.", undefined],
    ['prompt is too long: 210000 tokens > 200000 maximum', undefined],
    ['prompt too long; exceeded max context length by 12 tokens', undefined],
    ['The total length of all messages is too long.', 'too_many_prompt_tokens'],
    ['Please shorten it.', 'context_length_exceeded'],
    ['the request exceeds the available context size', undefined],
  ])('is a prompt that does not fit: %s (%s)', (message, code) => {
    expect(ofStatus(400, message, code)).toMatchObject({ code: 'context_length_exceeded', retryable: false })
  })

  it.each(['stop: too many items', 'The image is too large.', 'max_tokens is too large: 9000', 'Invalid input.'])(
    'is an ordinary bad request: %s',
    (message) => {
      expect(ofStatus(400, message).code).toBe('invalid_request')
    },
  )
})

describe('a good status with an error in it', () => {
  const failureOf = (body: JsonValue) => {
    try {
      dialectOf('openai-chat').decodeResponse(body)
    } catch (error) {
      return failureOfReply(deployment, 'it is odd', error)
    }
    throw new Error('that was an answer')
  }

  it.each([
    [{ code: 'content_filter', status: 400 }, 400, 'invalid_request', 'invalid_request'],
    [{ code: 429 }, 429, 'upstream_rate_limited', 'rate_limited'],
    [{ code: 502 }, 502, 'upstream_failed', 'server_error'],
    [{ type: 'server_error' }, 502, 'upstream_failed', 'server_error'],
  ])('counts as that error, and may cost: %j', (fields, status, code, failure) => {
    const found = failureOf({ error: { ...fields, message: 'Filtered.' } })
    expect(found).toMatchObject({ failure, mayCost: true, error: { status, code } })
    expect(found.error.message).toContain('Filtered.')
  })
})
