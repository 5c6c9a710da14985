import { expect, test } from 'vitest'
import { hashText, seededRandom } from '../../providers/simulated/random.ts'
import { type DemoCall, demoTraffic } from './traffic.ts'

function calls(count: number, seed: string, tenants: readonly string[] = ['one', 'two']): readonly DemoCall[] {
  const random = seededRandom(hashText(seed))
  const traffic = demoTraffic({ models: ['fast', 'large'], tenants }, random.next)
  return Array.from({ length: count }, () => traffic.next().value)
}

test('the same chance sends the same calls', () => {
  expect(calls(20, 'a')).toEqual(calls(20, 'a'))
  expect(calls(20, 'a')).not.toEqual(calls(20, 'b'))
})

test('five hundred calls hold some of everything', () => {
  const sent = calls(500, 'mixed')
  const share = (test: (call: DemoCall) => unknown) => sent.filter(test).length / sent.length
  expect(share(({ path }) => path === '/v1/messages')).toBeGreaterThan(0.1)
  expect(share(({ body }) => body.stream === true)).toBeGreaterThan(0.25)
  expect(share(({ body }) => body.tools)).toBeGreaterThan(0.04)
  expect(share(({ body }) => body.response_format)).toBeGreaterThan(0.01)
  expect(share(({ leavesEarly }) => leavesEarly)).toBeGreaterThan(0)
  const mistakes = share(({ body }) => body.model === 'gpt-nine' || !Array.isArray(body.messages))
  expect(mistakes).toBeGreaterThan(0)
  expect(mistakes).toBeLessThan(0.15)
  const names = (header: string) => new Set(sent.map(({ headers }) => headers[header])).size
  expect([names('x-headgate-tenant-id'), names('x-headgate-feature')]).toEqual([2, 4])
})

test('calls are small, whatever the model: every one names its most', () => {
  for (const { body } of calls(200, 'small')) expect(body.max_tokens).toBeLessThanOrEqual(200)
})

test('where every caller is the same one, no tenant is named', () => {
  for (const { headers } of calls(50, 'none', [])) expect(headers).not.toHaveProperty('x-headgate-tenant-id')
})
