import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { configVersion, resolveConfig } from './resolve.ts'
import { startersFor } from './zero-config.ts'

const knownProviders = [
  {
    type: 'openai',
    baseUrl: 'https://a/v1',
    keyVariable: 'OPENAI_API_KEY',
    suggestedModels: { small: 'o-s', large: 'o-l' },
  },
  {
    type: 'anthropic',
    baseUrl: 'https://b',
    keyVariable: 'ANTHROPIC_API_KEY',
    suggestedModels: { small: 'a-s', large: 'a-l' },
  },
  { type: 'openai-compatible' },
  { type: 'simulated', simulated: true, suggestedModels: { small: 's-s', large: 's-l' } },
]
const directory = mkdtempSync(join(tmpdir(), 'headgate-config-'))
afterAll(() => rmSync(directory, { recursive: true }))

async function zero(env: Record<string, string>, host?: string) {
  const result = await resolveConfig({ env, knownProviders, ...(host && { overrides: { host } }) })
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result
}

describe('without a config', () => {
  test('the providers whose key variables are set are used, in their order', async () => {
    const { config, source, notes } = await zero({ ANTHROPIC_API_KEY: 'sk-a', OPENAI_API_KEY: 'sk-o', OTHER: 'x' })
    expect(source).toBe('environment')
    expect([...config.providers.keys()]).toEqual(['openai', 'anthropic'])
    expect(config.providers.get('anthropic')?.apiKey?.reveal()).toBe('sk-a')
    expect([...config.models].map(([name, { deployments }]) => [name, deployments])).toEqual([
      ['fast-small', ['openai/o-s', 'anthropic/a-s']],
      ['balanced-large', ['openai/o-l', 'anthropic/a-l']],
    ])
    expect(config.tasks.size).toBe(0)
    expect(config.metadata.required).toEqual([])
    expect(notes.join(' ')).toContain('OPENAI_API_KEY, ANTHROPIC_API_KEY')
    expect(JSON.stringify(notes)).not.toContain('sk-')
  })

  test('with no key, answers are simulated, and that is said', async () => {
    const { config, notes } = await zero({ OPENAI_API_KEY: '' })
    expect([...config.providers.keys()]).toEqual(['simulated'])
    expect(config.models.get('balanced-large')?.deployments).toEqual(['simulated/s-l'])
    expect(notes.join(' ')).toContain('simulated')
    expect(notes.join(' ')).toContain('ANTHROPIC_API_KEY')
  })

  test.each([
    [undefined, 'none'],
    ['localhost', 'none'],
    ['::1', 'none'],
    ['0.0.0.0', 'keys'],
    ['10.0.0.5', 'keys'],
  ])('on host %s auth is %s, and that is said', async (host, mode) => {
    const { config, notes } = await zero({}, host)
    expect(config.auth.mode).toBe(mode)
    expect(notes.join(' ')).toContain(host ?? '127.0.0.1')
  })

  test('a key that looks like a variable is a key', async () => {
    const { config } = await zero({ OPENAI_API_KEY: `\${HOME}` })
    expect(config.providers.get('openai')?.apiKey?.reveal()).toBe(`\${HOME}`)
  })

  test('starters are what is suggested, never a provider that suggests nothing', () => {
    expect(startersFor({ OPENAI_API_KEY: 'x' }, knownProviders)).toEqual([
      { type: 'openai', keyVariable: 'OPENAI_API_KEY', small: 'o-s', large: 'o-l' },
    ])
  })
})

describe('with a file', () => {
  test('its version follows its text', async () => {
    const file = join(directory, 'good.yaml')
    const text = 'providers: { simulated: {} }\n'
    writeFileSync(file, text)
    const result = await resolveConfig({ file, env: {}, knownProviders })
    expect(result).toMatchObject({ ok: true, source: 'file', version: configVersion(text), notes: [] })
    expect(configVersion(`${text} `)).not.toBe(configVersion(text))
  })

  test('a judge of its own answers is noted', async () => {
    const file = join(directory, 'judging.yaml')
    const text = (judge: string) =>
      `providers: { simulated: {} }\ntasks: { rag: { default: simulated/x, shadow: { use: simulated/y, share: 1, judge: ${judge}, daily_usd_limit: 1 } } }\n`
    const notesFor = async (judge: string) => {
      writeFileSync(file, text(judge))
      const result = await resolveConfig({ file, env: {}, knownProviders })
      return result.ok && result.notes
    }
    for (const own of ['simulated/x', 'simulated/y'])
      expect(await notesFor(own)).toEqual([expect.stringContaining('rag')])
    for (const fair of ['simulated/z', 'validator']) expect(await notesFor(fair)).toEqual([])
  })

  test('a task whose streams are checked for citations too late is noted', async () => {
    const file = join(directory, 'citing.yaml')
    writeFileSync(
      file,
      'providers: { simulated: {} }\ntasks: { rag: { default: simulated/x, requires_citations: true, delivery: stream } }\n',
    )
    const result = await resolveConfig({ file, env: {}, knownProviders })
    expect(result.ok && result.notes).toEqual([expect.stringContaining('rag')])
  })

  test('one that is missing or a directory is a problem', async () => {
    expect(await resolveConfig({ file: join(directory, 'none.yaml'), env: {}, knownProviders })).toMatchObject({
      ok: false,
      problems: [{ message: 'cannot be read: there is no such file', path: '' }],
    })
    expect(await resolveConfig({ file: directory, env: {}, knownProviders })).toMatchObject({
      ok: false,
      problems: [{ message: 'cannot be read: it is a directory' }],
    })
  })
})

test('an object is a config, with its version', async () => {
  const object = { providers: { simulated: {} } }
  const result = await resolveConfig({ object, env: {}, knownProviders })
  expect(result).toMatchObject({ ok: true, source: 'object', version: expect.stringMatching(/^cfg_[0-9a-f]{12}$/) })
})
