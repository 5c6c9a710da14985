import { expect, test } from 'vitest'
import { GatewayError } from '../../../errors/gateway-error.ts'
import { asFailure, programFailure } from './failure.ts'

test('the failure of a program carries its last lines and what they mean', () => {
  const lines = Array.from({ length: 30 }, (_, at) => `LOG: line ${at}.`)
  const { code, message } = programFailure(
    'It did not start.',
    [...lines, 'PANIC: No space left on device', ''].join('\n'),
  )
  expect(code).toBe('ledger_unavailable')
  expect(message).toMatch(/^It did not start\. The disk is full: make room .* PostgreSQL said:\nLOG: line 23\.\n/)
  expect(message).toMatch(/\nPANIC: No space left on device$/)
  expect(programFailure('It did not start.', '\n').message).toBe('It did not start. PostgreSQL said nothing.')
})

test.each([
  ['ENOSPC: no space left on device, write', 'The disk is full'],
  ['EDQUOT: disk quota exceeded', 'The disk is full'],
  ["EACCES: permission denied, mkdir '/x'", 'A permission is missing'],
  ["EROFS: read-only file system, open '/x'", 'The file system is read-only'],
  ['FATAL: could not map anonymous shared memory: Cannot allocate memory', 'too little free memory'],
])('%s is explained', (said, explanation) => {
  const error = asFailure('It could not be opened.', new Error(said))
  expect(error.message).toContain(explanation)
  expect(error.message).toContain(said)
  expect(error.cause).toBeInstanceOf(Error)
})

test('a failure that explains itself passes as it is', () => {
  const error = new GatewayError('ledger_unavailable', 'EACCES')
  expect(asFailure('It could not be opened.', error)).toBe(error)
})
