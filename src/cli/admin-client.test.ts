import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { unusedUrl } from '../testing/index.ts'
import { runCommand } from './command-line.contract.ts'

/*
 * What an operator is told when the gateway cannot be asked. `keys list` stands for all commands that ask.
 */

const directory = mkdtempSync(join(tmpdir(), 'headgate-client-'))
afterAll(() => rmSync(directory, { recursive: true }))
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const KEY = 'hg-admin-canary'

async function served(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  closers.push(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const list = (env: Record<string, string>, ...args: readonly string[]) =>
  runCommand(['keys', 'list', ...args], { env, directory })

describe('a command that asks a gateway', () => {
  it('says how to start one when none runs', async () => {
    const url = await unusedUrl()
    expect(await list({ HEADGATE_ADMIN_KEY: KEY, HEADGATE_URL: url })).toEqual({
      exitCode: 1,
      out: '',
      err: `headgate: no gateway answers at ${url}; start one with headgate serve, or name another with --url\n`,
    })
  })

  it('says so when the host is not known', async () => {
    const { exitCode, err } = await list({ HEADGATE_ADMIN_KEY: KEY }, '--url', 'http://no-such-host.invalid')
    expect(exitCode).toBe(1)
    expect(err).toMatch(/^headgate: .*no-such-host\.invalid.*--url\n$/)
  })

  it('needs a key, and says where it is looked for', async () => {
    const { exitCode, err } = await list({ HEADGATE_URL: await unusedUrl() })
    expect(exitCode).toBe(2)
    expect(err).toMatch(/HEADGATE_ADMIN_KEY.*--admin-key-file/)
  })

  it('takes the key from a file, without the line break that editors leave', async () => {
    const seen: (string | undefined)[] = []
    const url = await served((request, reply) => {
      seen.push(request.headers.authorization)
      reply.end('{"data":[],"next_cursor":null}')
    })
    writeFileSync(join(directory, 'key'), `${KEY}\n`)
    expect((await list({ HEADGATE_URL: url, HEADGATE_ADMIN_KEY: 'other' }, '--admin-key-file', 'key')).exitCode).toBe(0)
    expect(seen).toEqual([`Bearer ${KEY}`])
  })

  it.each([
    ['missing', 'the admin key file missing cannot be read (ENOENT)'],
    ['two', 'two does not hold one key'],
  ])('says what is wrong with the key file %s', async (file, message) => {
    writeFileSync(join(directory, 'two'), 'one two')
    const { exitCode, err } = await list({}, '--admin-key-file', file)
    expect([exitCode, err]).toEqual([1, expect.stringContaining(message)])
  })

  it.each(['127.0.0.1:4100', 'ftp://127.0.0.1', 'http://user@host', 'http://host/?key=1', 'nonsense'])(
    'refuses %s as an address',
    async (url) => {
      const { exitCode, err } = await list({ HEADGATE_ADMIN_KEY: KEY }, '--url', url)
      expect([exitCode, err]).toEqual([2, expect.stringContaining('--url must be an http or https address')])
    },
  )

  it('may have a path and a slash at its end', async () => {
    const seen: (string | undefined)[] = []
    const url = await served((request, reply) => {
      seen.push(request.url)
      reply.end('{"data":[],"next_cursor":null}')
    })
    await list({ HEADGATE_ADMIN_KEY: KEY, HEADGATE_URL: `${url}/gate/` })
    expect(seen).toEqual(['/gate/admin/v1/keys?limit=1000'])
  })

  it('says what the gateway says when it refuses the key', async () => {
    const url = await served((_request, reply) => {
      reply.writeHead(401, { 'x-headgate-error': 'invalid_api_key' })
      reply.end('{"error":{"message":"This key was revoked. Send another.","code":"invalid_api_key"}}')
    })
    const { exitCode, err } = await list({ HEADGATE_ADMIN_KEY: KEY, HEADGATE_URL: url })
    expect([exitCode, err]).toEqual([
      1,
      `headgate: the gateway at ${url} does not take this admin key (This key was revoked); check HEADGATE_ADMIN_KEY or --admin-key-file\n`,
    ])
    const asJson = await list({ HEADGATE_ADMIN_KEY: KEY, HEADGATE_URL: url }, '--json')
    expect(JSON.parse(asJson.out)).toMatchObject({ error: { code: 'invalid_api_key' } })
    expect(err + asJson.out).not.toContain(KEY)
  })

  it('says so when something else answers there', async () => {
    for (const [status, text] of [
      [404, '<html>nginx</html>'],
      [200, '<html>hello</html>'],
      [500, ''],
    ] as const) {
      const url = await served((_request, reply) => reply.writeHead(status).end(text))
      const { exitCode, err } = await list({ HEADGATE_ADMIN_KEY: KEY, HEADGATE_URL: url })
      expect([exitCode, err]).toEqual([
        1,
        `headgate: what answers at ${url} is no Headgate gateway (HTTP ${status}); name another with --url\n`,
      ])
    }
  })

  it('does not carry its key to where it is sent on', async () => {
    const elsewhere: IncomingHttpHeaders[] = []
    const trap = await served((request, reply) => {
      elsewhere.push(request.headers)
      reply.end('{"data":[]}')
    })
    const url = await served((_request, reply) => reply.writeHead(302, { location: trap }).end())
    expect((await list({ HEADGATE_ADMIN_KEY: KEY, HEADGATE_URL: url })).exitCode).toBe(1)
    expect(elsewhere).toEqual([])
  })
})
