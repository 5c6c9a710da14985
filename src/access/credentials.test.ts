import { expect, test } from 'vitest'
import { presentedKey, refuseKeysInQuery } from './credentials.ts'

const KEY = `hg-tenant-${'a'.repeat(43)}`
const OTHER = `hg-tenant-${'b'.repeat(43)}`

test.each([
  [{ authorization: `Bearer ${KEY}` }],
  [{ authorization: `bearer  ${KEY} ` }],
  [{ 'x-api-key': KEY }],
  [{ 'x-goog-api-key': KEY }],
  [{ authorization: `Bearer ${KEY}`, 'x-api-key': KEY, 'x-goog-api-key': [KEY] }],
  [{ authorization: 'Bearer ', 'x-api-key': KEY }],
])('the key is found in every place that SDKs use: %j', (headers) => expect(presentedKey(headers)).toBe(KEY))

test.each([
  [{ authorization: `Bearer ${KEY}`, 'x-api-key': OTHER }],
  [{ 'x-api-key': KEY, 'x-goog-api-key': OTHER }],
  [{ authorization: [`Bearer ${KEY}`, `Bearer ${OTHER}`] }],
])('two different keys are refused instead of picking one', (headers) => {
  expect(() => presentedKey(headers)).toThrow(expect.objectContaining({ code: 'invalid_request', status: 400 }))
})

test.each([
  [{}],
  [{ authorization: '' }],
  [{ authorization: 'Bearer' }],
  [{ 'x-api-key': ' ' }],
  [{ authorization: 'Basic abc' }],
])('no key is 401 and says what to do: %j', (headers) => {
  expect(() => presentedKey(headers)).toThrow(
    expect.objectContaining({ code: 'invalid_api_key', message: expect.stringContaining('headgate keys create') }),
  )
})

test('an endless key is refused before it is hashed', () => {
  expect(() => presentedKey({ 'x-api-key': 'x'.repeat(600) })).toThrow(
    expect.objectContaining({ code: 'invalid_api_key' }),
  )
})

test.each([
  `key=${KEY}`,
  `alt=sse&key=${KEY}`,
  `api_key=${KEY}`,
  `%6bey=${KEY}`,
  `API_KEY=${KEY}`,
  `access_token=${KEY}`,
])('a key in the query string is refused and not repeated: %s', (query) => {
  let error: unknown
  try {
    refuseKeysInQuery(query)
  } catch (caught) {
    error = caught
  }
  expect(error).toMatchObject({ code: 'invalid_request', status: 400 })
  expect(String(error)).not.toContain(KEY)
})

test('other parameters pass', () => {
  expect(() => refuseKeysInQuery('')).not.toThrow()
  expect(() => refuseKeysInQuery('alt=sse&limit=10&keyword=x')).not.toThrow()
})
