import type { ProviderDefinition } from './provider.ts'

/**
 * Snowflake Cortex. Its address is the account's own: `https://ACCOUNT.snowflakecomputing.com/api/v2/cortex/v1`; the key is a programmatic access token.
 * Nothing is said about the bill of a closed stream, so we count on it going on.
 */
export const snowflake: ProviderDefinition = {
  type: 'snowflake',
  title: 'Snowflake Cortex',
  dialects: ['openai-chat'],
  auth: { kind: 'bearer' },
  keyVariable: 'SNOWFLAKE_PAT',
  quirks: { maxTokensField: 'max_completion_tokens', reasoningField: 'reasoning_details' },
  abortStopsBilling: false,
  source: { url: 'https://docs.snowflake.com/en/user-guide/snowflake-cortex/open_ai_sdk', date: '2026-11-21' },
}
