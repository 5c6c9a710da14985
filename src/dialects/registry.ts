import type { DialectName } from '../canonical/dialect-name.ts'
import { anthropicMessages } from './anthropic-messages/index.ts'
import { bedrockConverse } from './bedrock-converse/index.ts'
import { bedrockEmbeddings } from './bedrock-embeddings/index.ts'
import { cohereChat } from './cohere-chat/index.ts'
import { cohereEmbeddings } from './cohere-embeddings/index.ts'
import type { Dialect, Operation } from './dialect.ts'
import { googleEmbeddings } from './google-embeddings/index.ts'
import { googleGenerateContent } from './google-generate-content/index.ts'
import { openaiChat } from './openai-chat/index.ts'
import { openaiEmbeddings } from './openai-embeddings/index.ts'
import { openaiResponses } from './openai-responses/index.ts'

/** Every wire format, by its name. */
export const DIALECTS: ReadonlyMap<DialectName, Dialect> = new Map(
  [
    openaiChat,
    openaiResponses,
    anthropicMessages,
    bedrockConverse,
    cohereChat,
    googleGenerateContent,
    openaiEmbeddings,
    googleEmbeddings,
    cohereEmbeddings,
    bedrockEmbeddings,
  ].map((dialect) => [dialect.name, dialect]),
)

/** The wire format of that name. */
export function dialectOf(name: DialectName): Dialect {
  const dialect = DIALECTS.get(name)
  if (!dialect) throw new Error(`The wire format ${name} is not spoken.`)
  return dialect
}

/** What is asked for in a format; calls of the library ask for words. */
export function operationOf(name: DialectName | null): Operation {
  return (name !== null && DIALECTS.get(name)?.operation) || 'chat'
}

/**
 * In which of the formats that a deployment speaks it is called: the caller's own where it is spoken there, so that nothing need be translated,
 * else the first for the same operation; null when there is none.
 */
export function spokenFor(spoken: readonly DialectName[], inbound: DialectName | null): DialectName | null {
  if (inbound !== null && spoken.includes(inbound)) return inbound
  const operation = operationOf(inbound)
  return spoken.find((name) => operationOf(name) === operation) ?? null
}

/** The wire format in which a deployment is called. Policy has made sure that there is one. */
export function upstreamDialect(spoken: readonly DialectName[], inbound: DialectName | null): Dialect {
  return dialectOf(spokenFor(spoken, inbound) ?? 'openai-chat')
}
