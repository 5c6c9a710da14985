import { isObject, type JsonObject, type JsonValue, parseJson } from '../lib/json.ts'
import { hashText } from '../providers/simulated/random.ts'
import { countTokens, tokenize } from '../providers/simulated/tokens.ts'
import { awsEvent, awsException } from './aws-event-frame.ts'
import { readBedrockRequest } from './bedrock-request.ts'
import type { BentUsage, Frame, PathSays, WallWire } from './frame.ts'
import { inTurns } from './in-turns.ts'
import type { PlannedReasoning } from './plan.ts'
import { outputTokens, type WallAnswer } from './wall-answer.ts'

const STOP_REASON = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  refusal: 'content_filtered',
} as const

/** What Bedrock calls an error of that status. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  400: 'ValidationException',
  401: 'UnrecognizedClientException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  408: 'ModelTimeoutException',
  424: 'ModelErrorException',
  429: 'ThrottlingException',
  503: 'ServiceUnavailableException',
  529: 'ServiceUnavailableException',
}

function exceptionOf(status: number): string {
  return EXCEPTIONS[status] ?? (status >= 500 ? 'InternalServerException' : 'ValidationException')
}

/** `/model/ID/converse`, `/model/ID/converse-stream`; the id may be an ARN. */
function says(path: string): PathSays | null {
  const [, model, stream] = /\/model\/([^/]+)\/converse(-stream)?$/.exec(path) ?? []
  return model === undefined ? null : { model: decodeURIComponent(model), stream: stream !== undefined }
}

function usage(answer: WallAnswer): JsonObject {
  const output = outputTokens(answer)
  return {
    inputTokens: answer.promptTokens,
    outputTokens: output,
    totalTokens: answer.promptTokens + output,
    cacheReadInputTokens: 0,
    cacheWriteInputTokens: 0,
    ...answer.usage,
  }
}

function ending(answer: WallAnswer): JsonObject {
  const stop = answer.stopSequence
  return {
    stopReason: answer.finishReason ?? STOP_REASON[answer.finish],
    ...(stop === null ? {} : { additionalModelResponseFields: { stop_sequence: stop } }),
  }
}

function metadata(answer: WallAnswer): JsonObject {
  const tier = answer.serviceTier
  return {
    usage: usage(answer),
    metrics: { latencyMs: 7 },
    ...(tier === null ? {} : { serviceTier: { type: tier } }),
  }
}

function signatureOf(reasoning: PlannedReasoning): string {
  return reasoning.signature ?? Buffer.from(hashText(reasoning.text), 'hex').toString('base64')
}

/** Bytes are base64 on the wire, also those of what is base64 already. */
function redactedOf(text: string): JsonObject {
  return { redactedContent: Buffer.from(text).toString('base64') }
}

/** The text of the answer: what it says, or why it will not. */
function spoken(answer: WallAnswer): readonly string[] {
  return answer.refusal === null ? answer.pieces : [...answer.pieces, ...tokenize(answer.refusal)]
}

function body(answer: WallAnswer): JsonObject {
  const content: JsonObject[] = []
  const reasoning = answer.reasoning
  if (reasoning?.redacted !== undefined) content.push({ reasoningContent: redactedOf(reasoning.redacted) })
  else if (reasoning) {
    const reasoningText = { text: reasoning.text, signature: signatureOf(reasoning) }
    content.push({ reasoningContent: { reasoningText } })
  }
  const text = spoken(answer).join('')
  if (text) content.push({ text })
  for (const { id, name, arguments: written } of answer.toolCalls)
    content.push({ toolUse: { toolUseId: id, name, input: parseJson(written || '{}') ?? {} } })
  return { output: { message: { role: 'assistant', content } }, ...ending(answer), ...metadata(answer) }
}

/** A content block as it is streamed: its announcement, if it has one, and its deltas with the tokens in each. */
interface Block {
  readonly start: JsonObject | null
  readonly deltas: readonly { readonly delta: JsonObject; readonly tokens: number }[]
}

function blocksOf(answer: WallAnswer): readonly Block[] {
  const blocks: Block[] = []
  const reasoning = answer.reasoning
  const thought = (reasoningContent: JsonObject, tokens: number) => ({ delta: { reasoningContent }, tokens })
  if (reasoning?.redacted !== undefined)
    blocks.push({ start: null, deltas: [thought(redactedOf(reasoning.redacted), 0)] })
  else if (reasoning)
    blocks.push({
      start: null,
      deltas: [
        ...tokenize(reasoning.text).map((text) => thought({ text }, 1)),
        thought({ signature: signatureOf(reasoning) }, 0),
      ],
    })
  const text = spoken(answer)
  if (text.length > 0)
    blocks.push({ start: null, deltas: text.map((piece) => ({ delta: { text: piece }, tokens: countTokens(piece) })) })
  for (const call of answer.toolCalls) {
    const pieces = answer.toolCallStyle === 'whole' ? [call.arguments] : ['', ...tokenize(call.arguments)]
    blocks.push({
      start: { toolUse: { toolUseId: call.id, name: call.name } },
      deltas: pieces.map((input, at) => ({
        delta: { toolUse: { input } },
        tokens: countTokens(input) + (at === 0 ? countTokens(call.name) : 0),
      })),
    })
  }
  return blocks
}

function frame(kind: Frame['kind'], event: string, data: JsonObject, tokens = 0): Frame {
  return { kind, event, data: JSON.stringify(data), tokens }
}

function frames(answer: WallAnswer): readonly Frame[] {
  const lists = blocksOf(answer).map(({ start, deltas }, contentBlockIndex): readonly Frame[] => [
    ...(start ? [frame('open', 'contentBlockStart', { contentBlockIndex, start })] : []),
    ...deltas.map(({ delta, tokens }) => frame('content', 'contentBlockDelta', { contentBlockIndex, delta }, tokens)),
    frame('close', 'contentBlockStop', { contentBlockIndex }),
  ])
  return [
    frame('open', 'messageStart', { role: 'assistant' }),
    ...(answer.toolCallStyle === 'interleaved' ? inTurns(lists) : lists.flat()),
    frame('close', 'messageStop', ending(answer)),
    frame('usage', 'metadata', metadata(answer)),
  ]
}

function bendUsage(all: readonly Frame[], how: BentUsage): readonly Frame[] {
  const counted = all.find(({ event }) => event === 'metadata')
  const others = all.filter((one) => one !== counted)
  if (!counted || how === 'missing') return others
  if (how === 'twice') return [...all, counted]
  if (how === 'early') return [...others.slice(0, 1), { ...counted, kind: 'open' }, ...others.slice(1)]
  return [...others, frame('usage', 'metadata', { usage: null, metrics: { latencyMs: 7 } })]
}

/** Amazon Bedrock's Converse, as the wall writes it. */
export const bedrockWire: WallWire = {
  dialect: 'bedrock-converse',
  address: says,
  read(fields, { path }) {
    const { model = '', stream = false } = says(path) ?? {}
    return readBedrockRequest(fields, model, stream)
  },
  idPrefix: { answer: 'converse_wall', call: 'tooluse_wall' },
  requestIdHeader: 'x-amzn-requestid',
  streamType: 'application/vnd.amazon.eventstream',
  bytesOf: ({ event = 'contentBlockDelta', data }) =>
    event.endsWith('Exception') ? awsException(event, data) : awsEvent(event, data),
  body,
  frames,
  usage,
  billed: (counted) => ({
    inputTokens:
      amount(counted.inputTokens) + amount(counted.cacheReadInputTokens) + amount(counted.cacheWriteInputTokens),
    outputTokens: amount(counted.outputTokens),
  }),
  error: (status, message, code) => ({ __type: code ?? exceptionOf(status), message }),
  errorFrame(error) {
    const { __type: type, ...said } = error
    const name = typeof type === 'string' ? type : 'InternalServerException'
    return frame('close', name.charAt(0).toLowerCase() + name.slice(1), isObject(said) ? said : {})
  },
  bendUsage,
}

function amount(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0
}
