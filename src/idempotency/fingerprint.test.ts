import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type CallParts, differencesOf, fingerprintOf } from './fingerprint.ts'

const call = (changes: Partial<CallParts> = {}): CallParts => ({
  address: ['openai-chat', null],
  context: { tenantId: 'acme', feature: 'chat', userId: null },
  body: { model: 'm', messages: [{ role: 'user', content: 'Hi.' }] },
  ...changes,
})

it('is the same for the same call, whatever the order of its fields and whatever says nothing', () => {
  const same = call({
    context: { feature: 'chat', tenantId: 'acme', teamId: undefined },
    body: { messages: [{ role: 'user', content: 'Hi.' }], stop: null, model: 'm' },
  })
  expect(fingerprintOf(same)).toBe(fingerprintOf(call()))
})

it.each([
  ['the address or the headers that say how to answer', { address: ['openai-chat', 'v2'] }],
  ['the context (feature, userId)', { context: { tenantId: 'acme', feature: 'other', userId: 'u1' } }],
  ['the body (messages, temperature)', { body: { model: 'm', messages: [], temperature: 1 } }],
  [
    'the address or the headers that say how to answer and the context (feature, tenantId) and the body (messages, model)',
    { address: 1, context: {}, body: {} },
  ],
])('says in words that what differs is %s', (words, changes) => {
  expect(differencesOf(fingerprintOf(call()), fingerprintOf(call(changes)))).toBe(words)
})

it('stays small, however many fields a body has and however long their names are', () => {
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`field-${index}`, index]))
  const long = { ['x'.repeat(100_000)]: 1 }
  const [first, second] = [fingerprintOf(call({ body: many })), fingerprintOf(call({ body: { ...many, more: 1 } }))]
  for (const print of [first, fingerprintOf(call({ body: long }))]) expect(print.length).toBeLessThan(1_000)
  expect(differencesOf(first, second)).toBe('the body')
})

it('tells any two bodies apart that are not the same', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.dictionary(fc.string(), fc.jsonValue()),
      (one, other) => {
        const said = (body: object) =>
          JSON.stringify(
            Object.entries(body)
              .filter(([, value]) => value !== null)
              .toSorted(([a], [b]) => (a < b ? -1 : 1)),
          )
        const equal = fingerprintOf(call({ body: one })) === fingerprintOf(call({ body: other }))
        expect(equal).toBe(said(one) === said(other))
      },
    ),
  )
})
