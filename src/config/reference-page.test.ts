import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { configJsonSchema, type SchemaNode } from './json-schema.ts'
import { loadConfigText } from './load.ts'
import { keysNotYet } from './not-yet.ts'
import { referencePage } from './reference-page.ts'

const docs = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

describe('what is published of the grammar', () => {
  test('docs/reference/headgate.schema.json is up to date (node src/config/write-json-schema.ts)', () => {
    expect(JSON.parse(docs('reference/headgate.schema.json'))).toEqual(configJsonSchema())
  })

  test('docs/reference/config.md is up to date (node src/config/write-json-schema.ts)', () => {
    expect(docs('reference/config.md')).toBe(referencePage())
  })

  test('every key has a description', () => {
    const silent: string[] = []
    const look = (node: SchemaNode, path: string): void => {
      for (const [key, inner] of Object.entries(node.properties ?? {})) {
        if (!inner.description) silent.push(`${path}.${key}`)
        look(inner, `${path}.${key}`)
      }
      for (const inner of [node.items, node.additionalProperties, ...(node.anyOf ?? [])]) if (inner) look(inner, path)
    }
    look(configJsonSchema(), '')
    expect(silent).toEqual([])
  })

  test('no key is both supported and said to come', () => {
    const supported = new Set<string>()
    const look = (node: SchemaNode, path: string): void => {
      supported.add(path.slice(1))
      for (const [key, inner] of Object.entries(node.properties ?? {})) look(inner, `${path}.${key}`)
      for (const inner of [node.items, node.additionalProperties]) if (inner) look(inner, `${path}.*`)
      for (const inner of node.anyOf ?? []) look(inner, path)
    }
    look(configJsonSchema(), '')
    expect(keysNotYet().filter((key) => supported.has(key))).toEqual([])
  })
})

describe('docs/guide/configuration.md', () => {
  const secrets = mkdtempSync(join(tmpdir(), 'headgate-guide-'))
  writeFileSync(join(secrets, 'openai'), 'sk-1')
  afterAll(() => rmSync(secrets, { recursive: true }))

  const guide = docs('guide/configuration.md').replaceAll('/run/secrets', secrets)
  const examples = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text ?? '')

  test('has examples', () => {
    expect(examples.length).toBeGreaterThan(3)
  })

  test.each(examples.map((text, index) => [index + 1, text] as const))(
    'example %d is a valid config',
    (_number, text) => {
      const around = [
        'providers: { simulated: {} }',
        'models: { fast-small: [simulated/a], balanced-large: [simulated/b] }',
      ].filter((line) => !text.includes(line.slice(0, line.indexOf(':') + 1)))
      const result = loadConfigText([text, ...around].join('\n'), 'headgate.yaml', {
        env: { OPENAI_API_KEY: 'sk-1', ANTHROPIC_API_KEY: 'sk-2' },
        knownProviders: [
          { type: 'openai', baseUrl: 'https://a/v1', keyVariable: 'OPENAI_API_KEY' },
          { type: 'anthropic', baseUrl: 'https://b', keyVariable: 'ANTHROPIC_API_KEY' },
          { type: 'vllm' },
          { type: 'simulated', simulated: true },
        ],
      })
      expect(result.ok ? [] : result.problems).toEqual([])
    },
  )
})
