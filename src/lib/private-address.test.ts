import { describe, expect, it } from 'vitest'
import { isPrivateAddress, refusalOfUrl } from './private-address.ts'

describe('URLs that callers supply', () => {
  it.each([
    'http://127.0.0.1/x',
    'http://127.1/x',
    'http://2130706433/x',
    'http://0x7f000001/x',
    'http://0177.0.0.1/x',
    'http://0.0.0.0/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://172.31.255.255/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://localhost/',
    'http://LOCALHOST./',
    'http://app.localhost/',
    'http://metadata.google.internal/',
    'http://printer.local/',
    'http://intranet/',
    'http://127.0.0.1./',
    'https://user:pass@example.com/',
    'https://example.com@127.0.0.1/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'ftp://example.com/',
    'javascript:alert(1)',
    'not a url',
    'http://',
  ])('refuses %s', (url) => {
    expect(refusalOfUrl(url)).toEqual(expect.any(String))
  })

  it.each(['https://example.com/cat.png', 'http://8.8.8.8/a', 'https://[2606:4700::1111]/', 'https://172.32.0.1/'])(
    'lets %s pass',
    (url) => {
      expect(refusalOfUrl(url)).toBeNull()
    },
  )

  it('treats what is not an address as private', () => {
    expect(isPrivateAddress('example.com')).toBe(true)
    expect(isPrivateAddress('1.1.1.1')).toBe(false)
  })
})
