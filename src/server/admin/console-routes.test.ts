import { readdirSync } from 'node:fs'
import { extname } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { startTestService, type TestService } from '../test-service.contract.ts'

const FILES = readdirSync(new URL('../../../console/page/', import.meta.url))
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
}

/** Every file of the page, where it is served, and as what. */
const PAGE = FILES.flatMap((file) => {
  const paths = file === 'index.html' ? ['/console', '/console/policy'] : [`/console/${file}`]
  return paths.map((path) => [path, TYPES[extname(file)] ?? 'none'] as const)
})
const SCRIPTS = PAGE.flatMap(([path, type]) => (type === 'text/javascript' ? [path] : []))

let under: TestService
beforeAll(async () => {
  under = await startTestService()
})
afterAll(() => under.stop())

describe('the console', () => {
  it.each(PAGE)(
    '%s comes without a key, runs nothing but our own files and is framed by nobody',
    async (path, type) => {
      const reply = await under.ask(path)
      expect(reply.status).toBe(200)
      expect(reply.headers.get('content-type')).toContain(type)
      const policy = reply.headers.get('content-security-policy') ?? ''
      expect(policy.split('; ')).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "form-action 'self'",
          "frame-ancestors 'none'",
          "base-uri 'none'",
        ]),
      )
      expect(policy).not.toContain('unsafe')
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
      expect(reply.headers.get('referrer-policy')).toBe('no-referrer')
    },
  )

  it('has no inline script, style or handler, which its own policy would not run', async () => {
    const html = await (await under.ask('/console')).text()
    expect(html).not.toMatch(/<script(?![^>]*\bsrc="\/console\/)/)
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:/i)
  })

  it.each(SCRIPTS)('%s sets what came from outside as text, never as markup', async (path) => {
    const script = await (await under.ask(path)).text()
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/)
  })

  it.each(SCRIPTS)('%s keeps no key where scripts could find it', async (path) => {
    const script = await (await under.ask(path)).text()
    expect(script).not.toMatch(/localStorage|sessionStorage|document\.cookie|indexedDB/)
  })

  it('asks nobody but this gateway', async () => {
    const texts = await Promise.all(PAGE.map(async ([path]) => (await under.ask(path)).text()))
    const addresses = texts.join('\n').match(/https?:\/\/[^\s"'`]+/g) ?? []
    expect(addresses.filter((address) => address !== 'http://www.w3.org/2000/svg')).toEqual([])
  })
})

test.each(['/', '/console/', '/console/overview'])('%s leads to the console', async (path) => {
  const reply = await under.ask(path)
  expect([reply.status, reply.headers.get('location')]).toEqual([302, '/console'])
})
