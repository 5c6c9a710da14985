import type { ProviderDefinition } from './provider.ts'

/**
 * Amazon Bedrock, by its Converse API; vectors by InvokeModel. Calls are signed with AWS credentials, or carry a Bedrock API key as a bearer
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html). A closed stream does not end the bill
 * (https://openrouter.ai/docs/api-reference/streaming).
 */
export const bedrock: ProviderDefinition = {
  type: 'bedrock',
  title: 'Amazon Bedrock',
  dialects: ['bedrock-converse', 'bedrock-embeddings'],
  auth: { kind: 'bearer' },
  cloud: {
    keys: ['credential', 'access_key_id', 'secret_access_key', 'session_token'],
    required: [{ key: 'region', orBaseUrl: false, pattern: /^[a-z]{2,5}(?:-[a-z]+)+-\d{1,2}$/, example: 'eu-west-1' }],
    credentials: ['default'],
    apiKey: 'optional',
    baseUrlFrom: ({ region }) => `https://bedrock-runtime.${region}.${domainOf(region ?? '')}`,
    authFrom: ({ region, awsKeys }) => ({
      kind: 'aws-sigv4',
      service: 'bedrock',
      region: region ?? '',
      keys: awsKeys ?? null,
    }),
    librariesFor: (auth) =>
      auth.kind === 'aws-sigv4' && auth.keys
        ? ['@smithy/signature-v4']
        : ['@smithy/signature-v4', '@aws-sdk/credential-providers'],
  },
  keyVariable: 'AWS_BEARER_TOKEN_BEDROCK',
  priceProvider: 'aws',
  abortStopsBilling: false,
  source: { url: 'https://docs.aws.amazon.com/general/latest/gr/bedrock.html', date: '2026-11-21' },
}

/** Each partition of AWS has a domain of its own. */
function domainOf(region: string): string {
  if (region.startsWith('cn-')) return 'amazonaws.com.cn'
  return region.startsWith('eusc-') ? 'amazonaws.eu' : 'amazonaws.com'
}
