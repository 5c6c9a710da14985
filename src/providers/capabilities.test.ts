import { describe, expect, it } from 'vitest'
import { generationOf } from '../dialects/anthropic-messages/generation.ts'
import { modelRules } from '../dialects/bedrock-converse/model-rules.ts'
import { ownName } from './capabilities/row.ts'
import { CAPABILITY_ROWS, lacksOf } from './capabilities.ts'
import { providerDefinitions } from './registry.ts'

/** A provider at which no row is particular. */
const ANYWHERE = 'openai-compatible'

/** What a model lacks at a provider, as a text. */
const lacks = (name: string, type = ANYWHERE) => lacksOf(name, type).join(' ')

describe('each row', () => {
  it.each(CAPABILITY_ROWS.map((row) => [row.title, row] as const))('%s: says where and when it was read', (_, row) => {
    expect(row.source.url).toMatch(/^https:\/\//)
    expect(row.source.date).toMatch(/^20\d\d-[01]\d-[0-3]\d$/)
    expect(row.lacks.length).toBeGreaterThan(0)
    expect((row.at ?? []).filter((type) => !providerDefinitions.has(type))).toEqual([])
  })

  it.each(CAPABILITY_ROWS.map((row) => [row.title, row] as const))(
    '%s: matches the names it is meant for',
    (_, row) => {
      expect(row.examples.length).toBeGreaterThan(0)
      for (const name of row.examples) {
        for (const type of row.at ?? [ANYWHERE]) {
          expect(lacksOf(name, type), `${name} at ${type}`).toEqual(expect.arrayContaining([...row.lacks]))
        }
      }
    },
  )

  it.each(CAPABILITY_ROWS.map((row) => [row.title, row] as const))('%s: says what no other row says', (_, row) => {
    for (const name of row.examples) {
      const [type = ANYWHERE] = row.at ?? []
      const others = CAPABILITY_ROWS.filter((other) => {
        return other !== row && (!other.at || other.at.includes(type)) && other.models.test(ownName(name))
      })
      const said = others.flatMap((other) => other.lacks)
      const news = row.lacks.filter((capability) => !said.includes(capability))
      expect(news, `${name} at ${type}`).not.toEqual([])
    }
  })
})

describe('a model that can do it all, or that nobody listed, is trusted', () => {
  it.each([
    ['made-up-7b', ANYWHERE],
    ['gemini-2.5-flash', 'google'],
    ['gemini-3-flash-preview', 'vertex'],
    ['deepseek-v4.1-flash', 'deepseek'],
    ['deepseek-v4-flash', 'deepseek'],
    ['deepseek-v4-flash-vision-exp', ANYWHERE],
    ['deepseek-vl2', ANYWHERE],
    ['qwen3-vl-235b-a22b-instruct', ANYWHERE],
    ['Qwen/Qwen2.5-VL-72B-Instruct', ANYWHERE],
    ['qwen3.5-27b', ANYWHERE],
    ['qwen3', 'ollama'],
    ['qwen3-omni-30b-a3b-instruct', ANYWHERE],
    ['kimi-k2.5', ANYWHERE],
    ['accounts/fireworks/models/kimi-k2p6', 'fireworks'],
    ['glm-4.6v', ANYWHERE],
    ['glm-5v-turbo', ANYWHERE],
    ['glm-4.5v', ANYWHERE],
    ['gemma-3-27b-it', ANYWHERE],
    ['google/gemma-4-31b-it', 'google'],
    ['gemma4', 'ollama'],
    ['mistral-small-latest', 'mistral'],
    ['mistral-medium-latest', 'mistral'],
    ['magistral-medium-latest', 'mistral'],
    ['voxtral-small-latest', 'mistral'],
    ['grok-4.3', 'xai'],
    ['grok-4.7', 'xai'],
    ['grok-2-vision-1212', ANYWHERE],
    ['hermes-3-llama-3.1-70b', ANYWHERE],
    ['nvidia/llama-3.1-nemotron-nano-vl-8b-v1', ANYWHERE],
    ['arn:aws:bedrock:eu-west-1:1:application-inference-profile/x1y2z3', 'bedrock'],
  ])('%s at %s', (name, type) => {
    expect(lacks(name, type)).toBe('')
  })
})

describe('what is known to be missing', () => {
  it.each([
    ['gpt-3.5-turbo', 'openai', 'images audio files json_schema reasoning'],
    ['gpt-35-turbo', 'azure-openai', 'images audio files json_schema reasoning'],
    ['openai/gpt-3.5-turbo', 'openrouter', 'images audio'],
    ['gpt-3.5-turbo-instruct', 'openai', 'chat images audio files json_schema reasoning'],
    ['gpt-4', 'openai', 'images audio files json_schema reasoning'],
    ['gpt-4-turbo', 'openai', 'audio json_schema reasoning'],
    ['gpt-4o', 'openai', 'audio reasoning'],
    ['gpt-4o-2024-05-13', 'openai', 'audio json_schema reasoning'],
    ['openai/gpt-4o', 'openrouter', 'audio'],
    ['gpt-4.1', 'azure-openai', 'audio reasoning'],
    ['gpt-4o-audio-preview', 'openai', 'reasoning'],
    ['gpt-4-1', 'azure-openai', 'audio reasoning'],
    ['gpt-5', 'openai', 'audio'],
    ['gpt-5-chat-latest', 'openai', 'audio'],
    ['gpt-5.6-sol', 'openai', 'audio'],
    ['gpt-5.7', 'openai', ''],
    ['o3-mini', 'openai', 'images audio files'],
    ['o4-mini', 'openai', 'audio'],
    ['text-embedding-3-small', 'openai', 'chat'],
    ['claude-3-5-haiku-latest', 'anthropic', 'audio json_schema reasoning'],
    ['claude-3-7-sonnet@20250219', 'vertex', 'audio json_schema'],
    ['claude-sonnet-4-20250514', 'anthropic', 'audio json_schema'],
    ['claude-opus-4-1', 'anthropic', 'audio'],
    ['claude-haiku-4-5', 'anthropic', 'audio'],
    ['claude-opus-4-6', 'anthropic', 'audio prefill'],
    ['anthropic/claude-sonnet-4', 'openrouter', 'audio'],
    ['us.anthropic.claude-3-5-haiku-20241022-v1:0', 'bedrock', 'images audio json_schema reasoning'],
    ['us.meta.llama3-1-8b-instruct-v1:0', 'bedrock', 'images audio json_schema'],
    ['meta.llama3-8b-instruct-v1:0', 'bedrock', 'tools images audio json_schema'],
    ['us.meta.llama3-2-11b-instruct-v1:0', 'bedrock', 'audio json_schema'],
    ['us.meta.llama4-maverick-17b-instruct-v1:0', 'bedrock', 'audio json_schema'],
    ['amazon.nova-micro-v1:0', 'bedrock', 'images audio files json_schema'],
    ['us.amazon.nova-2-lite-v1:0', 'bedrock', 'json_schema'],
    ['cohere.command-r-v1:0', 'bedrock', 'images json_schema'],
    ['mistral.mistral-large-3-675b-instruct', 'bedrock', ''],
    ['us.deepseek.r1-v1:0', 'bedrock', 'tools images audio json_schema'],
    ['openai.gpt-oss-120b-1:0', 'bedrock', 'images audio'],
    ['llama-3.3-70b-versatile', 'groq', 'images audio reasoning'],
    ['meta-llama/llama-4-scout-17b-16e-instruct', 'groq', 'audio reasoning'],
    ['llama3', 'ollama', 'tools images audio'],
    ['llama3.1:8b', 'ollama', 'images audio'],
    ['llama3.2-vision:11b', 'ollama', ''],
    ['gemma3:4b', 'ollama', 'tools'],
    ['codestral-latest', 'mistral', 'images audio reasoning'],
    ['mistralai/devstral-2512:free', 'openrouter', 'images audio'],
    ['grok-code-fast-1', 'xai', 'images reasoning'],
    ['grok-3-mini', 'xai', 'images'],
    ['deepseek-v4-pro', 'deepseek', 'images audio json_schema'],
    ['deepseek/deepseek-r1:free', 'openrouter', 'images audio'],
    ['command-a-03-2025', 'cohere', 'images audio files'],
    ['command-a-plus-05-2026', 'cohere', 'audio files'],
  ])('%s at %s', (name, type, missing) => {
    expect(lacks(name, type)).toBe(missing)
  })
})

describe('the table says what the formats know', () => {
  const CLAUDES = [
    ...['claude-2.1', 'claude-3-haiku-20240307', 'claude-3-5-sonnet-20241022', 'claude-3-7-sonnet-20250219'],
    ...['claude-sonnet-4-20250514', 'claude-opus-4-20250514', 'claude-opus-4-1-20250805', 'claude-haiku-4-5'],
    ...['claude-sonnet-4-5-20250929', 'claude-opus-4-5', 'claude-opus-4-6', 'claude-sonnet-4-6', 'claude-opus-4-8'],
    ...['claude-sonnet-5', 'claude-fable-5', 'claude-haiku-5-5'],
  ]

  it.each(CLAUDES)('%s: schemas where Messages and Converse can ask for them', (name) => {
    expect(lacksOf(name, 'anthropic').includes('json_schema')).toBe(!generationOf(name).structured)
    const onBedrock = `us.anthropic.${name}-v1:0`
    expect(lacksOf(onBedrock, 'bedrock').includes('json_schema')).toBe(!modelRules(onBedrock).structured)
  })

  it.each([
    ...[
      'amazon.nova-pro-v1:0',
      'meta.llama3-3-70b-instruct-v1:0',
      'mistral.mixtral-8x7b-instruct-v0:1',
      'ai21.j2-mid-v1',
    ],
    ...[
      'mistral.mistral-large-2402-v1:0',
      'mistral.mistral-large-3-675b-instruct',
      'deepseek.v3-v1:0',
      'deepseek.r1-v1:0',
    ],
    ...['mistral.magistral-small-2509', 'qwen.qwen3-32b-v1:0', 'google.gemma-3-27b-it', 'openai.gpt-oss-20b-1:0'],
    ...[
      'nvidia.nemotron-nano-12b-v2',
      'moonshot.kimi-k2-thinking',
      'cohere.command-r-plus-v1:0',
      'amazon.nova-2-lite-v1:0',
    ],
  ])('%s: a schema where Converse can ask for one', (name) => {
    expect(lacksOf(name, 'bedrock').includes('json_schema')).toBe(!modelRules(name).structured)
  })
})
