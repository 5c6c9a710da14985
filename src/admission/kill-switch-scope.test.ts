import { expect, it } from 'vitest'
import { readKillScope } from './kill-switch-scope.ts'

it.each([
  [{ total: true }],
  [{ tenant: 'acme' }],
  [{ model: 'openai/gpt-4o', tenant: 'a,b=c' }],
  [{ data_sensitivity: 'restricted' }],
])('reads %j', (scope) => {
  expect(readKillScope(scope)).toEqual(scope)
})

it.each([
  [undefined, 'scope'],
  ['tenant=acme', 'scope'],
  [{}, 'scope'],
  [[], 'scope'],
  [{ total: false }, 'scope.total'],
  [{ total: true, tenant: 'acme' }, 'scope.total'],
  [{ tenant: '' }, 'scope.tenant'],
  [{ tenant: 5 }, 'scope.tenant'],
  [{ tenant: 'x'.repeat(257) }, 'scope.tenant'],
  [{ tennant: 'acme' }, 'scope.tennant'],
  [JSON.parse('{ "__proto__": "x" }'), 'scope.__proto__'],
])('refuses %j and names %s', (scope, param) => {
  expect(() => readKillScope(scope)).toThrowError(expect.objectContaining({ code: 'invalid_request', param }))
})

it('offers the nearest name', () => {
  expect(() => readKillScope({ tennant: 'acme' })).toThrowError(/did you mean tenant\?/)
})
