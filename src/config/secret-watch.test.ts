import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ConfigProblem } from './problem.ts'
import { resolveConfig } from './resolve.ts'
import { SecretWatch } from './secret-watch.ts'

const knownProviders = [{ type: 'openai', baseUrl: 'https://api.openai.com/v1', keyVariable: 'OPENAI_API_KEY' }]
const HOUR = 3_600_000

let directory: string
let file: string
let watch: SecretWatch | undefined

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'headgate-secret-watch-'))
  file = join(directory, 'openai')
  writeFileSync(file, 'sk-1')
})
afterEach(() => {
  watch?.close()
  rmSync(directory, { recursive: true })
})

async function watching() {
  const keys: (string | undefined)[] = []
  const rejected: (readonly ConfigProblem[])[] = []
  const object = { providers: { openai: { api_key: `\${file:${file}}` } } }
  const resolve = vi.fn(() => resolveConfig({ object, env: {}, knownProviders }))
  const first = await resolve()
  const started = new SecretWatch({
    files: first.secretFiles ?? new Map(),
    resolve,
    onAccepted: ({ config }) => void keys.push(config.providers.get('openai')?.apiKey?.reveal()),
    onRejected: (problems) => void rejected.push(problems),
    pollMs: HOUR,
  })
  watch = started
  resolve.mockClear()
  return { started, keys, rejected, resolve }
}

test('a secret that was replaced comes into force, once', async () => {
  const { started, keys, resolve } = await watching()
  await started.check()
  expect(resolve).not.toHaveBeenCalled()
  writeFileSync(file, 'sk-2-new')
  await started.check()
  await started.check()
  expect(keys).toEqual(['sk-2-new'])
})

test('a secret that was emptied is told once, and the old one stays until there is a good one', async () => {
  const { started, keys, rejected } = await watching()
  writeFileSync(file, '')
  await started.check()
  await started.check()
  expect(keys).toEqual([])
  expect(rejected).toHaveLength(1)
  expect(rejected[0]?.[0]).toMatchObject({ path: 'providers.openai.api_key' })
  writeFileSync(file, 'sk-3')
  await started.check()
  expect(keys).toEqual(['sk-3'])
})
