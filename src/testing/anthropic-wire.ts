import { isObject, type JsonObject, type JsonValue, parseJson } from '../lib/json.ts'
import { hashText } from '../providers/simulated/random.ts'
import { countTokens, tokenize } from '../providers/simulated/tokens.ts'
import { readAnthropicRequest } from './anthropic-request.ts'
import type { BentUsage, Frame, WallWire } from './frame.ts'
import { inTurns } from './in-turns.ts'
import type { PlannedReasoning } from './plan.ts'
import { outputTokens, type WallAnswer } from './wall-answer.ts'

const STOP_REASON = {
  stop: 'end_turn',
  'stop-sequence': 'stop_sequence',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  refusal: 'refusal',
} as const

function stopReason(answer: WallAnswer): string {
  return answer.finishReason ?? STOP_REASON[answer.finish]
}

function usage(answer: WallAnswer): JsonObject {
  return {
    input_tokens: answer.promptTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: outputTokens(answer),
    service_tier: answer.serviceTier ?? 'standard',
    ...answer.usage,
  }
}

function signatureOf(reasoning: PlannedReasoning): string {
  return reasoning.signature ?? Buffer.from(hashText(reasoning.text), 'hex').toString('base64')
}

/** The text of the answer: what it says, or why it will not. */
function spoken(answer: WallAnswer): readonly string[] {
  return answer.refusal === null ? answer.pieces : [...answer.pieces, ...tokenize(answer.refusal)]
}

function body(answer: WallAnswer): JsonObject {
  const content: JsonObject[] = []
  const reasoning = answer.reasoning
  if (reasoning?.redacted !== undefined) content.push({ type: 'redacted_thinking', data: reasoning.redacted })
  else if (reasoning) content.push({ type: 'thinking', thinking: reasoning.text, signature: signatureOf(reasoning) })
  const text = spoken(answer).join('')
  if (text) content.push({ type: 'text', text })
  for (const call of answer.toolCalls)
    content.push({ type: 'tool_use', id: call.id, name: call.name, input: parseJson(call.arguments || '{}') ?? {} })
  return {
    id: answer.id,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content,
    stop_reason: stopReason(answer),
    stop_sequence: answer.stopSequence,
    usage: usage(answer),
  }
}

/** A content block as it is streamed: how it opens, and its deltas with the tokens in each. */
interface Block {
  readonly start: JsonObject
  readonly deltas: readonly { readonly delta: JsonObject; readonly tokens: number }[]
}

function blocksOf(answer: WallAnswer): readonly Block[] {
  const blocks: Block[] = []
  const reasoning = answer.reasoning
  if (reasoning?.redacted !== undefined)
    blocks.push({ start: { type: 'redacted_thinking', data: reasoning.redacted }, deltas: [] })
  else if (reasoning)
    blocks.push({
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...tokenize(reasoning.text).map((thinking) => ({ delta: { type: 'thinking_delta', thinking }, tokens: 1 })),
        { delta: { type: 'signature_delta', signature: signatureOf(reasoning) }, tokens: 0 },
      ],
    })
  const text = spoken(answer)
  if (text.length > 0)
    blocks.push({
      start: { type: 'text', text: '' },
      deltas: text.map((piece) => ({ delta: { type: 'text_delta', text: piece }, tokens: countTokens(piece) })),
    })
  for (const call of answer.toolCalls) {
    const pieces = answer.toolCallStyle === 'whole' ? [call.arguments] : ['', ...tokenize(call.arguments)]
    blocks.push({
      start: { type: 'tool_use', id: call.id, name: call.name, input: {} },
      deltas: pieces.map((piece, at) => ({
        delta: { type: 'input_json_delta', partial_json: piece },
        tokens: countTokens(piece) + (at === 0 ? countTokens(call.name) : 0),
      })),
    })
  }
  return blocks
}

function frame(kind: Frame['kind'], data: JsonObject, tokens = 0): Frame {
  return { kind, event: String(data.type), data: JSON.stringify(data), tokens }
}

function frames(answer: WallAnswer): readonly Frame[] {
  const counted = usage(answer)
  const { stop_reason: _reason, content: _content, ...message } = body(answer)
  const start = {
    ...message,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...counted, output_tokens: 1 },
  }
  const lists = blocksOf(answer).map((block, index): readonly Frame[] => [
    frame('open', { type: 'content_block_start', index, content_block: block.start }),
    ...block.deltas.map((piece) =>
      frame('content', { type: 'content_block_delta', index, delta: piece.delta }, piece.tokens),
    ),
    frame('close', { type: 'content_block_stop', index }),
  ])
  const { cache_creation: _creation, service_tier: _tier, ...final } = counted
  const [first, ...others] = answer.toolCallStyle === 'interleaved' ? inTurns(lists) : lists.flat()
  return [
    frame('open', { type: 'message_start', message: start }),
    ...(first ? [first] : []),
    frame('open', { type: 'ping' }),
    ...others,
    frame('close', {
      type: 'message_delta',
      delta: { stop_reason: stopReason(answer), stop_sequence: answer.stopSequence },
      usage: final,
    }),
    frame('done', { type: 'message_stop' }),
  ]
}

/** What Anthropic calls an error of that status. */
function errorType(status: number): string {
  const types: Readonly<Record<number, string>> = {
    400: 'invalid_request_error',
    401: 'authentication_error',
    402: 'billing_error',
    403: 'permission_error',
    404: 'not_found_error',
    413: 'request_too_large',
    429: 'rate_limit_error',
    504: 'timeout_error',
    529: 'overloaded_error',
  }
  return types[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error')
}

function bendUsage(all: readonly Frame[], how: BentUsage): readonly Frame[] {
  const parsed = all.map((one) => ({ one, data: JSON.parse(one.data) as JsonObject }))
  const final = parsed.find(({ data }) => data.type === 'message_delta')?.data.usage ?? null
  return parsed.flatMap(({ one, data }) => {
    if (data.type === 'message_start' && isObject(data.message)) {
      const { usage: counted, ...message } = data.message
      if (how === 'missing') return [frame('open', { ...data, message })]
      if (how === 'null') return [frame('open', { ...data, message: { ...message, usage: null } })]
      const early =
        how === 'early' && isObject(counted) && isObject(final) ? { ...counted, ...final } : (counted ?? null)
      return [frame('open', { ...data, message: { ...message, usage: early } })]
    }
    if (data.type !== 'message_delta') return [one]
    const { usage: _counted, ...rest } = data
    if (how === 'missing') return [frame('close', rest)]
    if (how === 'null') return [frame('close', { ...rest, usage: null })]
    return how === 'twice' ? [one, one] : [one]
  })
}

/** Anthropic's Messages, as the wall writes it. */
export const anthropicWire: WallWire = {
  dialect: 'anthropic-messages',
  address: (path) => (path.endsWith('/messages') ? {} : null),
  read: (body, { headers }) => readAnthropicRequest(body, headers['anthropic-version']),
  idPrefix: { answer: 'msg_wall', call: 'toolu_wall' },
  requestIdHeader: 'request-id',
  body,
  frames,
  usage,
  billed: (counted) => ({
    inputTokens:
      amount(counted.input_tokens) +
      amount(counted.cache_creation_input_tokens) +
      amount(counted.cache_read_input_tokens),
    outputTokens: amount(counted.output_tokens),
  }),
  error: (status, message, code) => ({
    type: 'error',
    error: { type: code ?? errorType(status), message },
    request_id: 'req_wall',
  }),
  errorFrame: (error) => frame('close', { type: 'error', ...error }),
  bendUsage,
  emptyFrame: () => frame('open', { type: 'ping' }),
}

function amount(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0
}
