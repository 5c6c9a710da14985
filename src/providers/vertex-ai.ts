import type { DialectName } from '../canonical/dialect-name.ts'
import type { PathAsk } from '../dialects/dialect.ts'
import type { CloudSettings } from './cloud.ts'
import type { ProviderDefinition } from './provider.ts'

/**
 * Vertex AI: Gemini in Google's format, Claude in Anthropic's, with the model in the address and the version in the body
 * (https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai). The address names the project and the location; `global` and the
 * multi-regions `us` and `eu` have hosts of their own. Google does not promise that a closed stream ends the bill.
 */
export const vertexAi: ProviderDefinition = {
  type: 'vertex',
  title: 'Vertex AI',
  dialects: (model) => (isClaude(model) ? ['anthropic-messages'] : ['google-generate-content']),
  auth: { kind: 'none' },
  cloud: {
    keys: ['credential', 'credentials_file', 'project', 'location'],
    required: [
      { key: 'project', orBaseUrl: false, pattern: /^[a-z0-9][a-z0-9.:-]{0,127}$/, example: 'my-project' },
      { key: 'location', orBaseUrl: false, pattern: /^[a-z0-9][a-z0-9-]{0,62}$/, example: 'europe-west1' },
    ],
    credentials: ['default', 'service-account'],
    apiKey: 'never',
    baseUrlFrom: ({ location }) => `https://${hostOf(location ?? 'global')}`,
    authFrom: (settings) => ({
      kind: 'google',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      account: accountOf(settings),
    }),
    librariesFor: () => ['google-auth-library'],
    pathsFrom: ({ project, location }) => pathsBelow(`projects/${project}/locations/${location}/publishers`),
  },
  priceProvider: 'google',
  quirks: { versionInBody: 'vertex-2023-10-16' },
  abortStopsBilling: false,
  source: {
    url: 'https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude',
    date: '2026-11-21',
  },
}

function isClaude(model: string): boolean {
  return model.startsWith('claude')
}

function hostOf(location: string): string {
  if (location === 'global') return 'aiplatform.googleapis.com'
  return location === 'us' || location === 'eu'
    ? `aiplatform.${location}.rep.googleapis.com`
    : `${location}-aiplatform.googleapis.com`
}

function accountOf({ credential, credentialsFile }: CloudSettings) {
  if (credentialsFile) return { file: credentialsFile }
  return credential?.kind === 'service-account' ? credential : null
}

function pathsBelow(publishers: string) {
  return (dialect: DialectName, { model, stream }: PathAsk): string | null => {
    // Versions are written behind an @, which Google wants as it is.
    const name = encodeURIComponent(model).replaceAll('%40', '@')
    if (dialect === 'anthropic-messages') {
      return `/v1/${publishers}/anthropic/models/${name}:${stream ? 'streamRawPredict' : 'rawPredict'}`
    }
    if (dialect !== 'google-generate-content') return null
    // The version that Google's own client speaks: newer fields come to it first.
    return `/v1beta1/${publishers}/google/models/${name}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`
  }
}
