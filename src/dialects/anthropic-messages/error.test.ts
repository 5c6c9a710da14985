import { describe, expect, it } from 'vitest'
import { ERRORS, type ErrorCode } from '../../errors/codes.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { decodeError, encodeError, encodeStreamError } from './error.ts'

describe("a provider's error reply", () => {
  it('is read from the envelope', () => {
    const body = '{"type":"error","error":{"type":"rate_limit_error","message":"Slow down"},"request_id":"req_1"}'
    expect(decodeError(429, body)).toEqual({ message: 'Slow down', code: 'rate_limit_error', status: 429 })
  })

  it.each([
    ['{"error":{"message":"No","code":"bad"}}', 'No'],
    ['{"error":"No"}', 'No'],
    ['{"message":"No"}', 'No'],
    ['{"detail":"No"}', 'No'],
    ['{}', 'The provider gave no message.'],
  ])('is read from other envelopes: %s', (body, message) => {
    expect(decodeError(400, body)).toMatchObject({ message, status: 400 })
  })

  it.each([
    ['', 'an empty body'],
    ['   ', 'an empty body'],
    ['<html><body>502 Bad Gateway</body></html>', 'not JSON'],
    ['{"error":', 'not JSON'],
    ['null', 'not JSON'],
    ['"text"', 'text'],
    [`{"error":{"message":"${'x'.repeat(1_000_000)}"}}`, 'not JSON'],
  ])('never throws and never shows a page (%#)', (body, message) => {
    const error = decodeError(502, body)
    expect(error.message).toContain(message)
    expect(error.message.length).toBeLessThan(200)
    expect(error.status).toBe(502)
  })

  it('shows neither keys nor pages that a message quotes', () => {
    expect(decodeError(401, '{"error":{"message":"Bad key sk-ant-abc123DEF456"}}').message).toBe('Bad key sk-***')
    expect(decodeError(502, '{"error":{"message":"<!DOCTYPE html><body>secret"}}').message).not.toContain('secret')
    expect(decodeError(500, `{"error":{"message":"${'x'.repeat(5000)}"}}`).message).toHaveLength(1000)
  })
})

describe('our errors', () => {
  it.each([
    ['invalid_request', 'invalid_request_error'],
    ['invalid_api_key', 'authentication_error'],
    ['model_not_allowed', 'permission_error'],
    ['model_not_found', 'not_found_error'],
    ['request_too_large', 'request_too_large'],
    ['budget_exceeded', 'rate_limit_error'],
    ['client_closed', 'invalid_request_error'],
    ['internal', 'api_error'],
    ['upstream_failed', 'api_error'],
    ['ledger_unavailable', 'overloaded_error'],
    ['upstream_timeout', 'timeout_error'],
  ] as const)('%s is a %s', (code, type) => {
    expect(encodeError(new GatewayError(code, 'Why.'))).toEqual({
      type: 'error',
      error: { type, message: 'Why.', code },
    })
  })

  it('carry the field and the facts', () => {
    const error = new GatewayError('invalid_request', 'Why.', { param: 'messages[0]', details: { left: 1 } })
    expect(encodeError(error)).toMatchObject({ error: { param: 'messages[0]', details: { left: 1 } } })
  })

  it('end a stream as its last event, without the sign of success', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const text = encodeStreamError(new GatewayError(code, 'Two\nlines.'))
      expect(text).toMatch(/^event: error\ndata: \{"type":"error",.*\}\n\n$/)
      expect(text).toContain(`"code":"${code}"`)
      expect(text).not.toContain('message_stop')
    }
  })
})
