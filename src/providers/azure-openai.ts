import type { DialectName } from '../canonical/dialect-name.ts'
import type { PathAsk } from '../dialects/dialect.ts'
import type { CloudSettings } from './cloud.ts'
import type { ProviderDefinition } from './provider.ts'

/**
 * OpenAI's models on Azure. The model's name is that of the deployment. The v1 API is OpenAI's own; with `api_version` calls go to the older one,
 * where the address names the deployment and the version (https://learn.microsoft.com/azure/ai-services/openai/reference). Keys have a header of their
 * own; identities need the role `Cognitive Services OpenAI User`.
 */
export const azureOpenai: ProviderDefinition = {
  type: 'azure-openai',
  title: 'Azure OpenAI',
  dialects: ['openai-chat', 'openai-responses', 'openai-embeddings'],
  auth: { kind: 'header', name: 'api-key' },
  cloud: {
    keys: ['credential', 'resource', 'api_version'],
    required: [{ key: 'resource', orBaseUrl: true, pattern: /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/, example: 'my-res' }],
    credentials: ['default', 'managed-identity', 'client-secret'],
    apiKey: 'or-credential',
    baseUrlFrom: ({ resource, apiVersion }) => `https://${resource}.openai.azure.com${apiVersion ? '' : '/openai/v1'}`,
    authFrom({ credential }) {
      if (!credential || credential.kind === 'service-account') return null
      return { kind: 'azure', scope: 'https://cognitiveservices.azure.com/.default', credential }
    },
    librariesFor: () => ['@azure/identity'],
    pathsFrom: olderPaths,
  },
  keyVariable: 'AZURE_OPENAI_API_KEY',
  priceProvider: 'azure',
  quirks: { maxTokensField: 'max_completion_tokens', promptCacheKey: true, developerRole: true, maxStops: 4 },
  abortStopsBilling: true,
  source: { url: 'https://learn.microsoft.com/en-us/azure/foundry/openai/api-version-lifecycle', date: '2026-11-21' },
}

/** The older API, below the bare address of the resource. */
function olderPaths({ apiVersion }: CloudSettings) {
  if (!apiVersion) return null
  const version = `api-version=${encodeURIComponent(apiVersion)}`
  return (dialect: DialectName, { model }: PathAsk): string | null => {
    const operation = OLDER_OPERATIONS[dialect]
    if (operation) return `/openai/deployments/${encodeURIComponent(model)}/${operation}?${version}`
    return dialect === 'openai-responses' ? `/openai/responses?${version}` : null
  }
}

const OLDER_OPERATIONS: Readonly<Partial<Record<DialectName, string>>> = {
  'openai-chat': 'chat/completions',
  'openai-embeddings': 'embeddings',
}
