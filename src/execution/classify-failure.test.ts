import { describe, expect, it } from 'vitest'
import { dialectOf } from '../dialects/registry.ts'
import type { JsonValue } from '../lib/json.ts'
import type { Deployment } from '../providers/deployment.ts'
import { deploymentOf } from './attempt-world.contract.ts'
import { failureInBand, failureOfReply, failureOfStatus, failureOfTransport } from './classify-failure.ts'
import { TransportFailure, type TransportFailureKind } from './transport.ts'

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

describe('what a format knows of an error reply', () => {
  it('counts more than the status: a refused key of Google is one of the credential', () => {
    const said = { message: 'API key not valid.', status: 401 }
    const { failure, error } = failureOfStatus(deployment, 400, {}, said, 0)
    expect([failure, error.code, error.upstream?.status]).toEqual(['credential', 'upstream_credential_rejected', 400])
  })

  it('is how long to wait, where no header says it', () => {
    const wait = (headers: Readonly<Record<string, string>>) =>
      failureOfStatus(deployment, 429, headers, { message: 'Slow.', retryAfterSeconds: 35 }, 0).error.retryAfterSeconds
    expect([wait({}), wait({ 'retry-after': '7' })]).toEqual([35, 7])
  })

  it('is kept with the failure where the provider said it, whatever the status; nothing is made up', () => {
    const wait = (status: number, headers: Readonly<Record<string, string>>) =>
      failureOfStatus(deployment, status, headers, { message: 'Slow.' }, 0).retryAfterMs
    expect([wait(429, {}), wait(503, { 'retry-after': '7' }), wait(429, { 'retry-after': '0.2' })]).toEqual([
      null,
      7000,
      1000,
    ])
  })
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
    [{ code: 'content_filter', status: 400 }, 400, 'invalid_request', 'content_filter'],
    [{ code: 'odd_field', status: 400 }, 400, 'invalid_request', 'invalid_request'],
    [{ code: 429 }, 429, 'upstream_rate_limited', 'rate_limited'],
    [{ code: 502 }, 502, 'upstream_failed', 'server_error'],
    [{ type: 'server_error' }, 502, 'upstream_failed', 'server_error'],
  ])('counts as that error, and may cost: %j', (fields, status, code, failure) => {
    const found = failureOf({ error: { ...fields, message: 'Filtered.' } })
    expect(found).toMatchObject({ failure, mayCost: true, error: { status, code } })
    expect(found.error.message).toContain('Filtered.')
  })
})

describe('what becomes of an error status', () => {
  const ROWS: readonly (readonly [status: number, code: string, failure: string, isOfDeployment: boolean])[] = [
    [302, 'upstream_failed', 'server_error', true],
    [400, 'invalid_request', 'invalid_request', false],
    [401, 'upstream_credential_rejected', 'credential', true],
    [402, 'upstream_credential_rejected', 'credential', true],
    [403, 'upstream_credential_rejected', 'credential', true],
    [404, 'model_not_found', 'invalid_request', false],
    [408, 'upstream_timeout', 'timeout', true],
    [413, 'request_too_large', 'invalid_request', false],
    [422, 'invalid_request', 'invalid_request', false],
    [424, 'upstream_failed', 'server_error', true],
    [429, 'upstream_rate_limited', 'rate_limited', true],
    [500, 'upstream_failed', 'server_error', true],
    [503, 'upstream_failed', 'server_error', true],
    [504, 'upstream_timeout', 'timeout', true],
    [529, 'upstream_failed', 'server_error', true],
  ]

  it.each(ROWS)('%i is %s, of class %s, the fault of the deployment: %s', (status, code, failure, isOfDeployment) => {
    const found = failureOfStatus(deployment, status, { 'x-request-id': 'req_1' }, { message: 'No.' }, 0)
    expect(found).toMatchObject({ failure, isOfDeployment, mayCost: false, error: { code } })
    expect(found.error.upstream).toEqual({ provider: 'host', status, requestId: 'req_1' })
  })

  it('reads the names that Amazon puts into headers', () => {
    const headers = { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/', 'x-amzn-requestid': 'r-1' }
    const { error } = failureOfStatus(deployment, 429, headers, { message: 'Slow down.' }, 0)
    expect(error.upstream).toEqual({ provider: 'host', status: 429, code: 'ThrottlingException', requestId: 'r-1' })
    const named = failureOfStatus(deployment, 400, headers, { message: 'No.', code: 'own_word' }, 0).error
    expect(named.upstream?.code).toBe('own_word')
  })

  it.each([
    ['7', 7],
    ['0.2', 1],
    [new Date(90_000).toUTCString(), 90],
    ['soon', 1],
    [undefined, 1],
  ])('says when to come back: %s', (value, seconds) => {
    const headers: Record<string, string> = value === undefined ? {} : { 'retry-after': value }
    expect(failureOfStatus(deployment, 429, headers, { message: '' }, 0).error.retryAfterSeconds).toBe(seconds)
  })

  it('never quotes our key', () => {
    const found = failureOfStatus(deploymentOf('host/m'), 401, {}, { message: 'sk-host is no key of ours: sk-host' }, 0)
    expect(found.error.message).toBe('host/m replied 401: *** is no key of ours: ***')
  })
})

describe('what becomes of a broken call', () => {
  const ROWS: readonly (readonly [TransportFailureKind, boolean, string, string])[] = [
    ['connect', false, 'upstream_failed', 'connection'],
    ['connect-timeout', false, 'upstream_timeout', 'timeout'],
    ['first-byte-timeout', false, 'upstream_timeout', 'timeout'],
    ['idle-timeout', true, 'upstream_timeout', 'timeout'],
    ['total-timeout', true, 'upstream_timeout', 'timeout'],
    ['reset', false, 'upstream_failed', 'connection'],
    ['reset', true, 'upstream_truncated', 'truncated'],
    ['credential', false, 'upstream_failed', 'credential'],
    ['aborted', false, 'client_closed', 'client_gone'],
    ['aborted', true, 'client_closed', 'client_gone'],
  ]

  it.each(ROWS)('%s, in the answer: %s, is %s of class %s', (kind, answering, code, failure) => {
    for (const sent of [true, false]) {
      const found = failureOfTransport(deployment, new TransportFailure(kind, sent, 'how'), answering)
      expect(found).toMatchObject({ failure, error: { code }, isOfDeployment: failure !== 'client_gone' })
      // What was cut in the middle of an answer was sent, whatever else is said.
      expect(found.mayCost).toBe(failure === 'truncated' || sent)
    }
  })
})

describe('an error inside a stream', () => {
  it.each([
    [{ code: 'rate_limit_error' }, 'upstream_rate_limited'],
    [{ code: 'timeout' }, 'upstream_timeout'],
    [{ code: 'overloaded_error' }, 'upstream_failed'],
    [{ status: 429 }, 'upstream_rate_limited'],
    [{}, 'upstream_failed'],
  ])('may cost, and %j is %s', (said, code) => {
    expect(failureInBand(deployment, { message: 'No.', ...said })).toMatchObject({ mayCost: true, error: { code } })
  })
})
