import { expect, it } from 'vitest'
import type { ErrorCode } from '../../errors/codes.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { UsageStatus } from '../../storage/contracts/ledger-store.ts'
import { type EndedRun, endingOf } from './run-ending.ts'

const copy = { head: {}, body: Buffer.from('reply') }
const KEPT = { state: 'kept', reply: copy }
const SHARED = { state: 'free', reply: copy }
const FREE = { state: 'free', reply: null }

function ended(status: UsageStatus, code: ErrorCode | null, changes: Partial<EndedRun> = {}) {
  const error = code ? new GatewayError(code, 'words') : null
  const outcome = { status, error, answered: null }
  return endingOf({ outcome, isSettled: true, copy, whole: true, actsElsewhere: false, draining: false, ...changes })
}

it.each<[string, UsageStatus, ErrorCode | null, object]>([
  ['an answer', 'completed', null, KEPT],
  ['an answer that ended for money', 'incomplete', null, KEPT],
  ['a request that the provider refuses', 'failed', 'invalid_request', KEPT],
  ['a prompt that is too long', 'failed', 'context_length_exceeded', KEPT],
  ['a provider that failed', 'failed', 'upstream_failed', SHARED],
  ['a provider that took too long', 'failed', 'upstream_timeout', SHARED],
  ['a deadline', 'failed', 'deadline_exceeded', SHARED],
  ['a stream that broke', 'incomplete', 'upstream_truncated', SHARED],
  ['a budget that ended the attempts', 'failed', 'budget_exceeded', SHARED],
  ['a switch that ended it', 'failed', 'kill_switch_on', SHARED],
  ['a refusal', 'refused', 'rate_limited', SHARED],
  ['a refusal of what is asked', 'refused', 'invalid_request', SHARED],
  ['a caller who left', 'client_gone', 'client_closed', FREE],
])('%s', (_, status, code, ending) => {
  expect(ended(status, code)).toEqual(ending)
})

it('an answer whose books could not be closed was not given, so the key is free', () => {
  expect(ended('completed', null, { isSettled: false })).toEqual(SHARED)
  expect(ended('completed', null, { isSettled: false, actsElsewhere: true })).toMatchObject({ state: 'lost' })
})

it('an answer that nobody was given whole is not given again', () => {
  expect(ended('completed', null, { whole: false })).toEqual(FREE)
  expect(ended('client_gone', null, { whole: false })).toEqual(FREE)
})

it('what is too large is not run again', () => {
  expect(ended('completed', null, { copy: null })).toEqual({ state: 'lost', because: 'too_large' })
})

it.each<[UsageStatus, ErrorCode | null, boolean, object]>([
  ['failed', 'upstream_failed', true, KEPT],
  ['failed', 'upstream_timeout', true, KEPT],
  ['client_gone', 'client_closed', true, { state: 'lost', because: 'may_have_acted' }],
  ['client_gone', null, false, { state: 'lost', because: 'may_have_acted' }],
  ['failed', 'upstream_rate_limited', true, SHARED],
  ['refused', 'budget_exceeded', true, SHARED],
])('where tools may have acted, %s with %s is never run twice', (status, code, whole, ending) => {
  expect(ended(status, code, { whole, actsElsewhere: true })).toEqual(ending)
})

it('a gateway that closes leaves the key to another at once', () => {
  expect(ended('failed', 'no_deployment_available', { draining: true })).toEqual(FREE)
  expect(ended('refused', 'no_deployment_available', { draining: true })).toEqual(FREE)
  expect(ended('completed', null, { draining: true })).toEqual(KEPT)
})

it('an end that nobody told frees the key, unless tools may have acted', () => {
  expect(
    endingOf({ outcome: null, isSettled: false, copy, whole: true, actsElsewhere: false, draining: false }),
  ).toEqual(FREE)
  expect(
    endingOf({ outcome: null, isSettled: false, copy, whole: true, actsElsewhere: true, draining: false }),
  ).toMatchObject({ state: 'lost' })
})
