import type { ProviderDefinition } from './provider.ts'

/**
 * NVIDIA's hosted NIM models. Each has a schema of its own and refuses fields that are not in it. Nothing is said about the bill of a closed stream, so we count on it going on.
 */
export const nvidia: ProviderDefinition = {
  type: 'nvidia',
  title: 'NVIDIA NIM',
  dialects: ['openai-chat', 'openai-embeddings'],
  baseUrl: 'https://integrate.api.nvidia.com/v1',
  auth: { kind: 'bearer' },
  keyVariable: 'NVIDIA_API_KEY',
  quirks: { maxTokensField: 'max_tokens' },
  abortStopsBilling: false,
  source: {
    url: 'https://github.com/anomalyco/models.dev/blob/dev/providers/nvidia/provider.toml',
    date: '2026-11-21',
  },
}
