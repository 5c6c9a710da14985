import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { kindOfKey, macOf, mintKey, sameMac } from './virtual-key.ts'

const MAC_SECRET = 's'.repeat(64)

test('a minted key names its kind and carries 256 bits of its own', () => {
  for (const kind of ['tenant', 'service', 'admin'] as const) {
    const { key } = mintKey(kind, MAC_SECRET)
    expect(key.reveal()).toMatch(new RegExp(`^hg-${kind}-[A-Za-z0-9_-]{43}$`))
    expect(kindOfKey(key.reveal())).toBe(kind)
    expect(Buffer.from(key.reveal().slice(-43), 'base64url')).toHaveLength(32)
  }
  const keys = new Set(Array.from({ length: 1000 }, () => mintKey('tenant', MAC_SECRET).key.reveal()))
  expect(keys.size).toBe(1000)
})

test('what is stored is an HMAC, and neither it nor the prefix gives the key away', () => {
  const { key, mac, prefix } = mintKey('tenant', MAC_SECRET)
  const text = key.reveal()
  expect(mac).toBe(createHmac('sha256', MAC_SECRET).update(text).digest('hex'))
  expect(prefix).toBe(`hg-tenant-${text.slice(10, 13)}…${text.slice(-4)}`)
  expect(prefix.length).toBeLessThan(20)
})

test('a minted key cannot be printed by accident', () => {
  const minted = mintKey('admin', MAC_SECRET)
  const text = minted.key.reveal()
  expect(JSON.stringify(minted) + String(minted.key) + inspect(minted)).not.toContain(text)
})

test('a MAC depends on every character of the key and on the secret', () => {
  const text = mintKey('tenant', MAC_SECRET).key.reveal()
  expect(macOf(text, MAC_SECRET)).not.toBe(macOf(`${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`, MAC_SECRET))
  expect(macOf(text, MAC_SECRET)).not.toBe(macOf(text, 't'.repeat(64)))
})

test('an empty or short MAC secret is refused', () => {
  expect(() => macOf('hg', '')).toThrow(RangeError)
  expect(() => mintKey('tenant', 'short')).toThrow(RangeError)
})

test.each([
  '',
  'sk-abc',
  'hg-tenant-',
  `hg-root-${'a'.repeat(43)}`,
  `hg-tenant-${'a'.repeat(42)}`,
  `hg-tenant-${'a'.repeat(44)}`,
])('text that is no key is not taken for one: %j', (text) => expect(kindOfKey(text)).toBeNull())

test('MACs are the same only when they are equal as a whole', () => {
  expect(sameMac('abcd', 'abcd')).toBe(true)
  expect(sameMac('abcd', 'abce')).toBe(false)
  expect(sameMac('abcd', 'abc')).toBe(false)
})
