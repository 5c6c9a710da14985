import { alibaba } from './alibaba.ts'
import { anthropic } from './anthropic.ts'
import { avian } from './avian.ts'
import { azureOpenai } from './azure-openai.ts'
import { baseten } from './baseten.ts'
import { bedrock } from './bedrock.ts'
import { cerebras } from './cerebras.ts'
import { cohere } from './cohere.ts'
import { crusoe } from './crusoe.ts'
import { deepinfra } from './deepinfra.ts'
import { deepseek } from './deepseek.ts'
import { fireworks } from './fireworks.ts'
import { githubModels } from './github-models.ts'
import { google } from './google.ts'
import { gpustack } from './gpustack.ts'
import { groq } from './groq.ts'
import { huggingface } from './huggingface.ts'
import { litellmProxy } from './litellm-proxy.ts'
import { llamaCpp } from './llama-cpp.ts'
import { lmStudio } from './lm-studio.ts'
import { mistral } from './mistral.ts'
import { moonshotai } from './moonshotai.ts'
import { novita } from './novita.ts'
import { nvidia } from './nvidia.ts'
import { ollama } from './ollama.ts'
import { openai } from './openai.ts'
import { openaiCompatible } from './openai-compatible.ts'
import { openrouter } from './openrouter.ts'
import { perplexity } from './perplexity.ts'
import type { ProviderDefinition } from './provider.ts'
import { sambanova } from './sambanova.ts'
import { simulated } from './simulated.ts'
import { snowflake } from './snowflake.ts'
import { together } from './together.ts'
import { vercelAiGateway } from './vercel-ai-gateway.ts'
import { vertexAi } from './vertex-ai.ts'
import { vllm } from './vllm.ts'
import { writer } from './writer.ts'
import { xai } from './xai.ts'
import { zai } from './zai.ts'

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
    cerebras,
    moonshotai,
    zai,
    perplexity,
    baseten,
    novita,
    avian,
    deepinfra,
    alibaba,
    nvidia,
    sambanova,
    crusoe,
    writer,
    huggingface,
    githubModels,
    vercelAiGateway,
    snowflake,
    azureOpenai,
    vertexAi,
    bedrock,
    ollama,
    vllm,
    llamaCpp,
    lmStudio,
    gpustack,
    litellmProxy,
    openaiCompatible,
    simulated,
  ].map((definition) => [definition.type, definition]),
)

/** What is known of one kind of provider, or null for a type nobody knows. */
export function providerDefinition(type: string): ProviderDefinition | null {
  return providerDefinitions.get(type) ?? null
}
