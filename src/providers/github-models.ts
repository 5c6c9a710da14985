import type { ProviderDefinition } from './provider.ts'

/**
 * GitHub Models. The key is a token with the permission `models: read`; since tokens of that name are for many things, no starter uses it by itself.
 * Nothing is said about the bill of a closed stream, so we count on it going on.
 */
export const githubModels: ProviderDefinition = {
  type: 'github-models',
  title: 'GitHub Models',
  dialects: ['openai-chat', 'openai-embeddings'],
  baseUrl: 'https://models.github.ai/inference',
  auth: { kind: 'bearer' },
  keyVariable: 'GITHUB_TOKEN',
  abortStopsBilling: false,
  source: {
    url: 'https://github.com/anomalyco/models.dev/blob/dev/providers/github-models/provider.toml',
    date: '2026-11-21',
  },
}
