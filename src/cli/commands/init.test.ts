import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfigText } from '../../config/load.ts'
import type { Environment } from '../../config/substitute.ts'
import { providerDefinitions } from '../../providers/registry.ts'
import { runCli } from '../main.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-init-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

async function run(env: Environment, ...args: readonly string[]) {
  let out = ''
  let err = ''
  const exitCode = await runCli(args, {
    env,
    directory,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  })
  return { exitCode, out, err }
}

const written = (name = 'headgate.yaml') => readFileSync(join(directory, name), 'utf8')
const knownProviders = [...providerDefinitions.values()]
const variables = knownProviders.flatMap(({ keyVariable, suggestedModels }) =>
  keyVariable !== undefined && suggestedModels ? [keyVariable] : [],
)

describe('headgate init', () => {
  test('knows the usual variables of several providers', () => {
    expect(variables).toEqual(expect.arrayContaining(['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GROQ_API_KEY']))
  })

  test.each([[], ...variables.map((variable) => [variable]), variables])(
    'writes a valid config for the keys %j %j',
    async (...found) => {
      const env = Object.fromEntries(found.map((variable) => [variable, 'sk-canary']))
      expect(await run(env, 'init')).toMatchObject({ exitCode: 0, err: '' })
      const text = written()
      expect(text).not.toContain('sk-canary')
      const result = loadConfigText(text, 'headgate.yaml', { env, knownProviders })
      expect(result.ok ? [] : result.problems).toEqual([])
      if (!result.ok) return
      const { config } = result
      expect(config.providers.size).toBe(Math.max(1, found.length))
      expect(config.tenants.get('default')?.dailyLimit).toBeGreaterThan(0n)
      expect(config.guards.toolResult).toEqual({ high: 'block', medium: 'wrap', judge: 'local' })
      expect(await run(env, 'check')).toMatchObject({ exitCode: 0 })
    },
  )

  test('with no key it says that answers are simulated', async () => {
    const { out } = await run({}, 'init')
    expect(out).toContain('simulated')
    expect(written()).toContain('simulated: {}')
  })

  test('leaves a file alone that is there, unless forced', async () => {
    writeFileSync(join(directory, 'headgate.yaml'), 'mine')
    expect(await run({}, 'init')).toMatchObject({ exitCode: 1, err: expect.stringContaining('--force') })
    expect(written()).toBe('mine')
    expect(await run({}, 'init', '--force')).toMatchObject({ exitCode: 0 })
    expect(written()).toContain('version: 1')
  })

  test('writes where it is told, and says so as JSON', async () => {
    const { out } = await run({ OPENAI_API_KEY: 'x' }, 'init', '--file', 'other.yaml', '--json')
    expect(JSON.parse(out)).toEqual({ file: 'other.yaml', providers: ['openai'], key_variables: ['OPENAI_API_KEY'] })
    expect(written('other.yaml')).toContain('version: 1')
  })

  test('a place that cannot be written to is an error without a stack trace', async () => {
    const { exitCode, err } = await run({}, 'init', '--file', 'no/such/directory.yaml')
    expect([exitCode, err]).toEqual([
      1,
      'headgate: no/such/directory.yaml cannot be written: its directory does not exist\n',
    ])
    const asJson = await run({}, 'init', '--json', '--file', 'no/such/directory.yaml')
    expect(JSON.parse(asJson.out)).toEqual({ error: { message: expect.stringContaining('cannot be written') } })
  })
})
