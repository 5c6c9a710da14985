import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { startTestRedis } from '../../storage/redis/test-server.contract.ts'
import { startWall, unusedUrl } from '../../testing/index.ts'
import { runCommand } from '../command-line.contract.ts'
import type { Finding } from '../doctor/finding.ts'

const directory = mkdtempSync(join(tmpdir(), 'headgate-doctor-'))
afterAll(() => rmSync(directory, { recursive: true }))

/** The findings on a configuration with its ledger in memory, but for those on the runtime. */
async function findings(config: string, ...args: readonly string[]) {
  writeFileSync(join(directory, 'headgate.yaml'), config)
  const { exitCode, out } = await runCommand(['doctor', '--json', ...args], { directory, env: { KEY: 'sk-canary' } })
  const { findings, healthy } = JSON.parse(out) as { findings: Finding[]; healthy: boolean }
  expect([healthy, out.includes('sk-canary')]).toEqual([exitCode === 0, false])
  return { exitCode, of: (about: string) => findings.filter((one) => one.about === about) }
}

const MEMORY = 'storage: { url: "memory:" }\n'

describe('headgate doctor', () => {
  it('is content with a good config, and says what to know', async () => {
    const { exitCode, of } = await findings(
      `${MEMORY}providers: { simulated: {} }\nmodels: { m: [simulated/simulated-small] }\n`,
    )
    expect(exitCode).toBe(0)
    expect(of('config')).toMatchObject([{ verdict: 'ok', says: expect.stringContaining('headgate.yaml is valid') }])
    expect(of('durability')).toMatchObject([{ verdict: 'warn', says: 'memory is lost at exit' }])
    expect(
      [...of('schema'), ...of('clock'), ...of('provider simulated'), ...of('prices')].map(({ verdict }) => verdict),
    ).toEqual(['ok', 'ok', 'ok', 'ok'])
  })

  it('warns of shared limits whose server does not answer, and keeps its password to itself', async () => {
    const config = `${MEMORY}providers: { simulated: {} }\nmodels: { m: [simulated/simulated-small] }\n`
    const away = new URL(await unusedUrl())
    const { exitCode, of } = await findings(`${config}coordination: { redis: "redis://:sk-canary@${away.host}" }\n`)
    expect(exitCode).toBe(0)
    expect(of('coordination')).toMatchObject([{ verdict: 'warn', says: expect.stringContaining('ECONNREFUSED') }])
    const server = await startTestRedis()
    const good = await findings(`${config}coordination: { redis: "${server.url}" }\n`)
    expect(good.of('coordination')).toMatchObject([{ verdict: 'ok' }])
    await server.close()
  })

  it('fails on a config that is wrong, at its line', async () => {
    const { exitCode, of } = await findings('providers: { simulated: {} }\nmodels: { m: [simulatd/x] }\n')
    expect(exitCode).toBe(1)
    expect(of('config')).toMatchObject([
      { verdict: 'fail', says: expect.stringMatching(/headgate\.yaml:2:\d+ .*simulatd/) },
    ])
  })

  it('fails on a model whose price nobody knows, and warns of one that was guessed', async () => {
    const { exitCode, of } = await findings(
      `${MEMORY}providers:
  openai: { api_key: "\${KEY}" }
  local: { type: vllm, base_url: "http://127.0.0.1:9/v1", models: { priced: { price: { input_per_mtok: 0, output_per_mtok: 0 } } } }
models: { m: [openai/gpt-4o-mini, local/llama], p: [local/priced] }
tasks: { t: { default: local/other } }
`,
    )
    expect(exitCode).toBe(1)
    expect(of('prices')).toMatchObject([{ says: 'known for 2 deployments' }])
    expect(of('price local/llama')).toMatchObject([
      { verdict: 'fail', advice: 'write providers.local.models.llama.price' },
    ])
    expect(of('price local/other')).toMatchObject([{ verdict: 'fail' }])
  })

  it('only warns of it where such calls go on at a ceiling', async () => {
    const { of } = await findings(
      `${MEMORY}unknown_price: ceiling\nproviders: { openai: { api_key: "\${KEY}" } }\nmodels: { m: [openai/of-next-year] }\n`,
    )
    expect(of('price openai/of-next-year')).toMatchObject([
      {
        verdict: 'warn',
        says: expect.stringContaining('ceiling'),
        advice: 'write providers.openai.models.of-next-year.price',
      },
    ])
  })

  it('looks whether providers can be reached only when asked, and sends them nothing', async () => {
    const wall = await startWall()
    const config = (url: string) =>
      `${MEMORY}providers: { p: { type: openai-compatible, api_key: "\${KEY}", base_url: "${url}" } }\n`
    const away = config(`${await unusedUrl()}/v1`)
    expect((await findings(away)).of('provider p')).toMatchObject([
      { verdict: 'ok', says: expect.stringContaining('key is set') },
    ])
    const asked = await findings(away, '--online')
    expect(asked.exitCode).toBe(1)
    expect(asked.of('provider p')).toMatchObject([{ verdict: 'fail', says: expect.stringContaining('ECONNREFUSED') }])
    const reached = await findings(config(wall.openaiUrl), '--online')
    expect(reached.of('provider p')).toMatchObject([{ verdict: 'ok', says: expect.stringContaining('can be reached') }])
    expect(wall.calls).toHaveLength(0)
    await wall.close()
  })

  it('asks a cloud for credentials only when asked to, and says what to do when it gives none', async () => {
    const away = { IDENTITY_ENDPOINT: `${await unusedUrl()}/token`, IDENTITY_HEADER: 'x' }
    const wall = await startWall()
    const config = `${MEMORY}providers: { p: { type: azure-openai, base_url: "${wall.url}/v1", credential: managed-identity } }\n`
    for (const [name, value] of Object.entries(away)) vi.stubEnv(name, value)
    expect((await findings(config)).of('provider p')).toMatchObject([
      { verdict: 'ok', says: expect.stringContaining('tokens of Microsoft Entra') },
    ])
    const asked = await findings(config, '--online')
    expect(asked.exitCode).toBe(1)
    expect(asked.of('provider p')).toMatchObject([
      { verdict: 'fail', says: expect.stringContaining('check that this machine has an identity') },
    ])
    vi.unstubAllEnvs()
    await wall.close()
  })

  it('warns of a key that travels in the clear', async () => {
    const { of } = await findings(
      `${MEMORY}providers: { p: { type: openai-compatible, api_key: "\${KEY}", base_url: "http://models.internal/v1" } }\n`,
    )
    expect(of('provider p')).toMatchObject([{ verdict: 'warn', advice: 'use https' }])
  })

  it('fails on a ledger that is away, with the reason and without the password', async () => {
    const { port } = new URL(await unusedUrl())
    const { exitCode, of } = await findings(
      `storage: { url: "postgres://u:hunter2@127.0.0.1:${port}/x" }\nproviders: { simulated: {} }\n`,
    )
    expect(exitCode).toBe(1)
    expect(of('ledger')).toMatchObject([{ verdict: 'fail', says: expect.stringContaining('ECONNREFUSED') }])
    expect(JSON.stringify(of('ledger'))).not.toContain('hunter2')
  })

  it('is lines for people, each with its verdict and what to do', async () => {
    writeFileSync(join(directory, 'headgate.yaml'), `${MEMORY}providers: { simulated: {} }\n`)
    const { out } = await runCommand(['doctor'], { directory })
    expect(out).toMatch(/^ok {4}runtime +Node\.js \d+/)
    expect(out).toMatch(/\nwarn {2}durability +memory is lost at exit\n +→ for more than trying out/)
    expect(out).toMatch(/\n0 failures, 1 warning\.\n$/)
  })
})

describe('headgate migrate', () => {
  it('says that there is nothing to do, or why it cannot be done', async () => {
    writeFileSync(join(directory, 'headgate.yaml'), `${MEMORY}providers: { simulated: {} }\n`)
    const done = await runCommand(['migrate', '--json'], { directory })
    expect([done.exitCode, JSON.parse(done.out)]).toEqual([0, { ledger: expect.any(String), applied: [] }])
    const { port } = new URL(await unusedUrl())
    writeFileSync(
      join(directory, 'headgate.yaml'),
      `storage: { url: "postgres://u:hunter2@127.0.0.1:${port}/x" }\nproviders: { simulated: {} }\n`,
    )
    const failed = await runCommand(['migrate'], { directory })
    expect([failed.exitCode, failed.err]).toEqual([1, expect.stringContaining('ECONNREFUSED')])
    expect(failed.err).not.toContain('hunter2')
    expect((await runCommand(['migrate', '--config', 'none.yaml'], { directory })).err).toContain(
      'there is no such file',
    )
  })
})
