import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../errors/gateway-error.ts'
import { decodeError, encodeError, errorIn } from './error.ts'

const info = (reason: string) => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'googleapis.com',
})

describe('an error of Google', () => {
  it('is read with its reason, in an object or a list', () => {
    const error = { code: 429, message: 'Slow.', status: 'RESOURCE_EXHAUSTED', details: [info('RATE_LIMIT_EXCEEDED')] }
    const read = { message: 'Slow.', code: 'RATE_LIMIT_EXCEEDED', status: 429 }
    expect(decodeError(429, JSON.stringify({ error }))).toEqual(read)
    expect(decodeError(429, JSON.stringify([{ error }]))).toEqual(read)
    expect(errorIn({ error: { message: 'Busy.', status: 'UNAVAILABLE' } })).toEqual({
      message: 'Busy.',
      code: 'UNAVAILABLE',
      status: 503,
    })
  })

  it('about our key is one of the credential, though its status is that of a wrong request', () => {
    const error = {
      code: 400,
      message: 'API key not valid.',
      status: 'INVALID_ARGUMENT',
      details: [info('API_KEY_INVALID')],
    }
    expect(decodeError(400, JSON.stringify({ error })).status).toBe(401)
    expect(decodeError(400, JSON.stringify({ error: { ...error, details: [] } })).status).toBe(400)
  })

  it('about a prompt that is too long is known as that', () => {
    const message = 'The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).'
    expect(decodeError(400, JSON.stringify({ error: { code: 400, message } })).code).toBe('context_length_exceeded')
  })

  it('says when to try again', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }]
    expect(errorIn({ error: { code: 429, message: 'Slow.', details } })).toMatchObject({ retryAfterSeconds: 35 })
    expect(errorIn({ error: { code: 429, message: 'Slow.', details: [{ retryDelay: '1s' }] } })).not.toHaveProperty(
      'retryAfterSeconds',
    )
  })

  it('does not show a key', () => {
    const message = 'The key AIzaSyD4x7_abcdefghijklmnop is blocked.'
    expect(decodeError(403, JSON.stringify({ error: { message } })).message).toBe('The key AIza*** is blocked.')
  })
})

describe('an error of ours', () => {
  it('has Google’s envelope, with our code as the reason and what else is known', () => {
    const error = new GatewayError('rate_limited', 'Slow down.', {
      param: 'model',
      retryAfterSeconds: 7,
      details: ['x'],
    })
    expect(encodeError(error)).toEqual({
      error: {
        code: 429,
        message: 'Slow down.',
        status: 'RESOURCE_EXHAUSTED',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'rate_limited',
            domain: 'headgate',
            metadata: { param: 'model', details: '["x"]' },
          },
          { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '7s' },
        ],
      },
    })
  })

  it.each([
    ['invalid_request', 'INVALID_ARGUMENT'],
    ['invalid_api_key', 'UNAUTHENTICATED'],
    ['model_not_found', 'NOT_FOUND'],
    ['request_too_large', 'INVALID_ARGUMENT'],
    ['upstream_failed', 'INTERNAL'],
    ['no_deployment_available', 'UNAVAILABLE'],
    ['upstream_timeout', 'DEADLINE_EXCEEDED'],
  ] as const)('%s is %s', (code, status) => {
    expect(encodeError(new GatewayError(code, 'x'))).toMatchObject({ error: { status } })
  })
})
