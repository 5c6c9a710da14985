import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadConfigText } from './load.ts'
import { secretsMoved } from './secret-file.ts'

const knownProviders = [{ type: 'openai', baseUrl: 'https://api.openai.com/v1', keyVariable: 'OPENAI_API_KEY' }]

let directory: string
let file: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-secret-'))
  file = join(directory, 'openai')
})
afterEach(() => rmSync(directory, { recursive: true }))

function load(key = `\${file:${file}}`) {
  const text = `providers:\n  openai: { api_key: "${key}" }\n`
  return loadConfigText(text, 'headgate.yaml', { env: {}, knownProviders })
}

function keyOf(result: ReturnType<typeof load>): string | undefined {
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.config.providers.get('openai')?.apiKey?.reveal()
}

describe('a secret in a file', () => {
  test('is the text of the file without the line break at its end', () => {
    writeFileSync(file, 'sk-from-file\r\n')
    expect(keyOf(load())).toBe('sk-from-file')
    expect(keyOf(load(`x-\${file:${file}}-y`))).toBe('x-sk-from-file-y')
  })

  test('is not looked into for variables', () => {
    writeFileSync(file, `\${HOME}`)
    expect(keyOf(load())).toBe(`\${HOME}`)
  })

  test.each<[string, () => void, RegExp]>([
    ['that is not there', () => undefined, /needs the file .*openai, which is not there/],
    ['that is empty', () => writeFileSync(file, '\n'), /needs the file .*openai, which is empty/],
    ['that is a directory', () => mkdirSync(file), /which is not a file/],
    ['that is no secret', () => writeFileSync(file, 'x'.repeat(100_000)), /too large for a secret/],
  ])('%s is a problem with its place', (_what, prepare, message) => {
    prepare()
    const result = load()
    expect(result.ok ? [] : result.problems).toEqual([
      expect.objectContaining({ line: 2, path: 'providers.openai.api_key', message: expect.stringMatching(message) }),
    ])
  })

  test('must be named by its whole path', () => {
    const result = load(`\${file:secrets/openai}`)
    expect(result.ok ? [] : result.problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('write the whole one'),
    ])
  })

  test('is never quoted, even when it is not good', () => {
    writeFileSync(file, 'two words of a secret')
    const result = load()
    expect(result.ok).toBe(false)
    expect(JSON.stringify(result.ok ? '' : result.problems)).not.toContain('words')
  })
})

describe('files that a config was made with', () => {
  const filesOf = (result: ReturnType<typeof load>) => result.secretFiles ?? new Map()

  test('move when their content, or whether they are there, changes', () => {
    const missing = filesOf(load())
    expect(secretsMoved(missing)).toBe(false)
    writeFileSync(file, 'sk-1')
    expect(secretsMoved(missing)).toBe(true)
    const files = filesOf(load())
    expect(secretsMoved(files)).toBe(false)
    writeFileSync(file, 'sk-2-longer')
    expect(secretsMoved(files)).toBe(true)
  })

  test('are none when no secret stands in a file', () => {
    expect(load('sk-1').secretFiles).toBeUndefined()
  })

  test('that may not be read are told as such', () => {
    writeFileSync(file, 'sk-1')
    chmodSync(file, 0)
    const result = load()
    // Root reads everything.
    if (process.getuid?.() === 0) expect(result.ok).toBe(true)
    else expect(result.ok ? [] : result.problems[0]?.message).toContain('this user may not read')
  })
})
