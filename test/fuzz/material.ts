import { collect } from '../../src/canonical/collect.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { anthropicMessagesSample } from '../../src/dialects/matrix/anthropic-messages.sample.ts'
import { bedrockConverseSample } from '../../src/dialects/matrix/bedrock-converse.sample.ts'
import { cohereChatSample } from '../../src/dialects/matrix/cohere-chat.sample.ts'
import { googleGenerateContentSample } from '../../src/dialects/matrix/google-generate-content.sample.ts'
import { openaiChatSample } from '../../src/dialects/matrix/openai-chat.sample.ts'
import { openaiResponsesSample } from '../../src/dialects/matrix/openai-responses.sample.ts'
import type { MatrixSample } from '../../src/dialects/matrix/sample.ts'
import { dialectOf } from '../../src/dialects/registry.ts'
import type { JsonObject, JsonValue } from '../../src/lib/json.ts'
import { parseSseFrame, SseFramer, sseText } from '../../src/lib/sse.ts'

/** What one format says when all is well: the rich conversation of the matrix. */
export interface Material {
  readonly dialect: Dialect
  readonly model: string
  readonly request: JsonObject
  readonly response: JsonObject
  /** The events of a stream, each as it goes over the wire. */
  readonly frames: readonly string[]
}

const SAMPLES: readonly MatrixSample[] = [
  openaiChatSample,
  openaiResponsesSample,
  anthropicMessagesSample,
  googleGenerateContentSample,
  bedrockConverseSample,
  cohereChatSample,
]

/** The material of every format for words. */
export const MATERIAL: readonly Material[] = SAMPLES.map((sample) => {
  const dialect = dialectOf(sample.dialect)
  const frames = sample.stream.map((data) => frameOf(sample, data))
  const decoder = dialect.streamDecoder()
  const events = new SseFramer().push(Buffer.from(frames.join(''))).flatMap((frame) => {
    const event = parseSseFrame(frame)
    return event ? decoder.push(event) : []
  })
  const response = dialect.encodeResponse(collect([...events, ...decoder.end()]))
  return { dialect, model: sample.model, request: sample.request, response, frames }
})

function frameOf({ namedByKey }: MatrixSample, data: JsonObject): string {
  const [name = '', inner = null] = Object.entries(data)[0] ?? []
  return namedByKey ? sseText(JSON.stringify(inner), name) : sseText(JSON.stringify(data), eventName(data.type))
}

function eventName(type: JsonValue | undefined): string | undefined {
  return typeof type === 'string' ? type : undefined
}
