import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ERRORS, type ErrorCode } from '../../errors/codes.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { decodeError, encodeError, encodeStreamError } from './error.ts'

describe('errors of providers', () => {
  test.each([
    [
      '{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"model_not_found"}}',
      'no',
      'model_not_found',
    ],
    ['{"error":{"message":"no","type":"too_many_prompt_tokens","code":400}}', 'no', 'too_many_prompt_tokens'],
    ['{"error":{"message":"no","code":"401"}}', 'no', undefined],
    ['{"error":{"message":"no","code":{"toString":1,"valueOf":1}}}', 'no', undefined],
    ['{"error":"no"}', 'no', undefined],
    ['{"error":"Bad","message":"no"}', 'Bad', undefined],
    ['{"error":{},"message":"no"}', 'no', undefined],
    ['{"detail":"no"}', 'no', undefined],
    ['{"detail":[{"loc":["body"],"msg":"no","type":"missing"}]}', 'body: no', undefined],
    ['{"message":"no","code":"x"}', 'no', 'x'],
    ['{"object":"error","message":"no","type":"BadRequestError","code":400}', 'no', 'BadRequestError'],
    ['[{"error":{"message":"no","status":"INVALID_ARGUMENT","code":400}}]', 'no', 'INVALID_ARGUMENT'],
    ['upstream connect error\n or  disconnect', 'upstream connect error or disconnect', undefined],
    ['{"error":{"message":"bad <div class=x>tag</div> here"}}', 'bad tag here', undefined],
  ])('%s', (body, message, code) => {
    expect(decodeError(418, body)).toEqual({ message, status: 418, ...(code === undefined ? {} : { code }) })
  })

  test.each([
    [
      'a page of HTML',
      '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>',
    ],
    ['a page in a message', '{"error":{"message":"<html><body>502</body></html>"}}'],
    ['nothing', ''],
    ['an empty object', '{}'],
    ['a number', '42'],
    ['a huge body', `{"error":{"message":"${'x'.repeat(2_000_000)}"}}`],
  ])('%s is told by its status alone', (_, body) => {
    expect(decodeError(502, body)).toEqual({ message: 'The provider answered HTTP 502 without a reason.', status: 502 })
  })

  test('no body makes it throw, give HTML or more than 500 characters', () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        fc.string(),
        fc.constant('<html><body>x</body></html>'),
        fc.string({ minLength: 600, maxLength: 700 }),
        fc.integer(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom('error', 'message', 'detail', 'code', 'type', 'errors', 'status'), tie('value'), {
          maxKeys: 3,
        }),
      ),
    })).value
    fc.assert(
      fc.property(
        fc.oneof(
          value.map((json) => JSON.stringify(json)),
          fc.string(),
        ),
        (body) => {
          const { message } = decodeError(500, body)
          expect(message.length).toBeGreaterThan(0)
          expect(message.length).toBeLessThanOrEqual(500)
          expect(message).not.toMatch(/<html|[\n\r]/)
        },
      ),
    )
  })
})

describe('our errors', () => {
  test.each<[ErrorCode, string]>([
    ['invalid_request', 'invalid_request_error'],
    ['invalid_api_key', 'authentication_error'],
    ['tenant_mismatch', 'permission_error'],
    ['model_not_found', 'invalid_request_error'],
    ['budget_exceeded', 'insufficient_quota'],
    ['upstream_rate_limited', 'rate_limit_error'],
    ['upstream_failed', 'api_error'],
    ['internal', 'api_error'],
  ])('%s is of the type %s', (code, type) => {
    expect(encodeError(new GatewayError(code, 'm'))).toEqual({ error: { message: 'm', type, code, param: null } })
  })

  test('every code has a type, and the field and the facts are told', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      expect(encodeError(new GatewayError(code, 'm'))).toMatchObject({ error: { code, type: expect.any(String) } })
    }
    const error = new GatewayError('invalid_request', 'm', { param: 'messages[0].role', details: { left: 1 } })
    expect(encodeError(error)).toMatchObject({ error: { param: 'messages[0].role', details: { left: 1 } } })
  })

  test('in a stream the error is one event, and no success marker follows', () => {
    const text = encodeStreamError(new GatewayError('upstream_truncated', 'cut'))
    expect(text).toBe(
      'data: {"error":{"message":"cut","type":"api_error","code":"upstream_truncated","param":null}}\n\n',
    )
  })
})

describe('a message that quotes keys', () => {
  test.each([
    ['Incorrect API key provided: sk-proj-abc123DEF456.', 'Incorrect API key provided: sk-***.'],
    ['Key AIzaSyA1234567890 is unknown', 'Key AIza*** is unknown'],
    ['No such task-oriented model: hf-mirror', 'No such task-oriented model: hf-mirror'],
  ])('does not show them: %s', (message, shown) => {
    expect(decodeError(401, JSON.stringify({ error: { message } })).message).toBe(shown)
  })
})
