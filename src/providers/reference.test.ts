import { findProvider } from '@pydantic/genai-prices'
import { expect, it } from 'vitest'
import type { Quirks } from '../dialects/dialect.ts'
import type { ProviderDefinition } from './provider.ts'
import { providerDefinitions } from './registry.ts'

/** What each quirk means to a reader of the reference page. */
const QUIRK_TEXT: { readonly [name in keyof Quirks]-?: (value: NonNullable<Quirks[name]>) => string } = {
  maxTokensField: (field) => `output cap is \`${field}\``,
  streamUsage: (understood) => (understood ? 'usage in streams on request' : 'usage in every stream, unasked'),
  promptCacheKey: (understood) => (understood ? 'takes `prompt_cache_key`' : 'no `prompt_cache_key`'),
  developerRole: (understood) => (understood ? 'knows the role `developer`' : '`developer` becomes `system`'),
  reasoningField: (field) => `reasoning of earlier turns goes back in \`${field}\``,
  efforts: (words) => `thinks ${words.map((word) => `\`${word}\``).join(' or ')} and nothing between`,
  seedField: (field) => `seed is \`${field}\``,
  nineLetterIds: (must) => (must ? 'ids of tool calls have nine letters and digits' : 'any id of a tool call'),
  documentUrls: (parts) => (parts ? 'files go as `document_url`' : 'files go as `file`'),
  prefixFlag: (must) => (must ? 'a turn to continue says `prefix`' : 'a turn to continue needs no `prefix`'),
  messageNames: (taken) => (taken ? 'messages may have names' : 'messages have no names'),
  extraContent: (understood) => (understood ? 'takes Gemini’s `extra_content`' : 'no `extra_content`'),
  topK: (understood) => (understood ? 'takes `top_k`' : 'no `top_k`'),
  maxStops: (count) => `at most ${count} stop text${count === 1 ? '' : 's'}`,
  rejects: (fields) => `never sent: ${fields.map((field) => `\`${field}\``).join(', ')}`,
  versionInBody: (version) => `Claude: the body says \`anthropic_version: ${version}\` and no model`,
  defaultMaxTokens: (count) => `cap of ${count} tokens when nobody gave one`,
}

function quirkText(definition: ProviderDefinition): string {
  const lines: string[] = []
  for (const name of Object.keys(QUIRK_TEXT) as (keyof Quirks)[]) {
    const value = definition.quirks?.[name]
    if (value !== undefined) lines.push((QUIRK_TEXT[name] as (value: unknown) => string)(value))
  }
  if (hasNoPrices(definition)) lines.push('[write its prices](../guide/prices.md)')
  if (!definition.abortStopsBilling) lines.push('bills to the end when a stream is closed')
  return lines.join('; ') || '–'
}

/** Whether the price book knows nothing of a provider that bills. */
function hasNoPrices({ type, priceProvider, keyVariable }: ProviderDefinition): boolean {
  return keyVariable !== undefined && findProvider({ providerId: priceProvider ?? type }) === undefined
}

function addressText({ simulated, baseUrl, cloud }: ProviderDefinition): string {
  if (simulated) return 'in process'
  const made = cloud?.baseUrlFrom({ region: 'REGION', resource: 'RESOURCE', location: 'LOCATION', project: 'PROJECT' })
  const address = baseUrl ?? made
  return address ? `\`${address}\`` : 'you give it'
}

function proofText({ keyVariable, cloud }: ProviderDefinition): string {
  const key = keyVariable ? [`\`${keyVariable}\``] : []
  return [...key, ...(cloud ? ['[identity](../guide/cloud-credentials.md)'] : [])].join(' or ') || 'no key needed'
}

function row(definition: ProviderDefinition): string {
  const { source } = definition
  return `| ${[
    `\`${definition.type}\` (${definition.title})`,
    addressText(definition),
    proofText(definition),
    typeof definition.dialects === 'function' ? 'by model' : definition.dialects.join(', '),
    quirkText(definition),
    definition.simulated ? source.date : `[${source.date}](${source.url})`,
  ].join(' | ')} |`
}

function page(): string {
  return `# Providers

A provider in \`headgate.yaml\` has a \`type\`; when it is left out, the provider's name is its type.

\`\`\`yaml
providers:
  openai: { api_key: "\${OPENAI_API_KEY}" }
  local:  { type: vllm, base_url: "http://10.0.0.7:8000/v1", self_hosted: true, private: true }
\`\`\`

OpenAI-like hosts have \`/v1\` in their base URL (a few another path), the others are the bare origin; slashes at the end do not matter. A key is
sent to the origin of its base URL and nowhere else. \`self_hosted: true\` means that no key is needed and no bill comes.
Addresses of providers in a cloud are made of \`region\`, \`resource\` or \`location\`; [Cloud credentials](../guide/cloud-credentials.md) tells how
they are called without a key.

The last column says when the facts were read, and where.

| type | base URL | key variable | dialect | what is particular | read |
| --- | --- | --- | --- | --- | --- |
${[...providerDefinitions.values()].map(row).join('\n')}
`
}

it('docs/reference/providers.md says what the definitions say (write it anew with vitest -u)', async () => {
  await expect(page()).toMatchFileSnapshot('../../docs/reference/providers.md')
})
