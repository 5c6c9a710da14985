import { anthropic } from './anthropic.ts'
import { azureOpenai } from './azure-openai.ts'
import { bedrock } from './bedrock.ts'
import { cohere } from './cohere.ts'
import { deepseek } from './deepseek.ts'
import { fireworks } from './fireworks.ts'
import { google } from './google.ts'
import { groq } from './groq.ts'
import { mistral } from './mistral.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openaiCompatible } from './openai-compatible.ts'
import { openrouter } from './openrouter.ts'
import type { ProviderDefinition } from './provider.ts'
import { simulated } from './simulated.ts'
import { together } from './together.ts'
import { vertexAi } from './vertex-ai.ts'
import { vllm } from './vllm.ts'
import { xai } from './xai.ts'

/** Every kind of provider that Headgate knows, by `type`. The order is the one in which zero-config looks for keys. */
export const providerDefinitions: ReadonlyMap<string, ProviderDefinition> = new Map(
  [
    openai,
    anthropic,
    google,
    openrouter,
    groq,
    deepseek,
    mistral,
    cohere,
    together,
    fireworks,
    xai,
    azureOpenai,
    vertexAi,
    bedrock,
    ollama,
    vllm,
    openaiCompatible,
    simulated,
  ].map((definition) => [definition.type, definition]),
)

/** What is known of one kind of provider, or null for a type nobody knows. */
export function providerDefinition(type: string): ProviderDefinition | null {
  return providerDefinitions.get(type) ?? null
}
