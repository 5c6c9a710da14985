/** The wire formats Headgate speaks. */
export type DialectName =
  | 'openai-chat'
  | 'openai-responses'
  | 'anthropic-messages'
  | 'google-generate-content'
  | 'bedrock-converse'
  | 'cohere-chat'
  | 'openai-embeddings'
  | 'google-embeddings'
  | 'cohere-embeddings'
  | 'bedrock-embeddings'
