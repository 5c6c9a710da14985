import type { DialectName } from '../../src/canonical/dialect-name.ts'
import { anthropicFormat } from './anthropic-format.ts'
import { bedrockFormat } from './bedrock-format.ts'
import { cohereFormat } from './cohere-format.ts'
import { cohereEmbeddingsFormat, googleEmbeddingsFormat, openAiEmbeddingsFormat } from './embeddings-formats.ts'
import type { Client, Format } from './format.ts'
import { googleFormat } from './google-format.ts'
import { openAiFormat } from './openai-format.ts'
import { responsesFormat } from './responses-format.ts'

/** Every wire format that is replayed. */
export const FORMATS: readonly Format[] = [
  openAiFormat,
  responsesFormat,
  anthropicFormat,
  bedrockFormat,
  cohereFormat,
  googleFormat,
  openAiEmbeddingsFormat,
  googleEmbeddingsFormat,
  cohereEmbeddingsFormat,
]

/** The formats in which callers speak to Headgate. */
export const CLIENTS: readonly DialectName[] = FORMATS.filter(({ client }) => client !== null).map(
  ({ dialect }) => dialect,
)

/** The format of a dialect. */
export function formatOf(dialect: DialectName): Format {
  const format = FORMATS.find((each) => each.dialect === dialect)
  if (!format) throw new Error(`There is no format ${dialect} to replay.`)
  return format
}

/** The format of a dialect, as callers use it. */
export function clientOf(dialect: DialectName): Client {
  const { client } = formatOf(dialect)
  if (!client) throw new Error(`Nobody calls Headgate in the format ${dialect}.`)
  return client
}
