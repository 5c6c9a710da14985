import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { countTokens, tokenize } from '../providers/simulated/tokens.ts'
import { readCohereRequest } from './cohere-request.ts'
import type { BentUsage, Frame, WallWire } from './frame.ts'
import { inTurns } from './in-turns.ts'
import { outputTokens, type WallAnswer } from './wall-answer.ts'

const FINISH = {
  stop: 'COMPLETE',
  'stop-sequence': 'STOP_SEQUENCE',
  length: 'MAX_TOKENS',
  'tool-calls': 'TOOL_CALL',
  refusal: 'COMPLETE',
} as const

/** What Cohere puts in front of every prompt, and bills nobody for. */
const PREAMBLE_TOKENS = 500

function finishReason(answer: WallAnswer): string {
  return answer.finishReason ?? FINISH[answer.finish]
}

function usage(answer: WallAnswer): JsonObject {
  const output = outputTokens(answer)
  return {
    billed_units: { input_tokens: answer.promptTokens, output_tokens: output },
    tokens: {
      input_tokens: answer.promptTokens + PREAMBLE_TOKENS,
      output_tokens: output,
      reasoning_tokens: answer.reasoningTokens,
    },
    cached_tokens: 0,
    ...answer.usage,
  }
}

/** The text of the answer: what it says, or why it will not. */
function spoken(answer: WallAnswer): readonly string[] {
  return answer.refusal === null ? answer.pieces : [...answer.pieces, ...tokenize(answer.refusal)]
}

function body(answer: WallAnswer): JsonObject {
  const text = spoken(answer).join('')
  const content = [
    ...(answer.reasoning ? [{ type: 'thinking', thinking: answer.reasoning.text }] : []),
    ...(text === '' ? [] : [{ type: 'text', text }]),
  ]
  const calls = answer.toolCalls.map(({ id, name, arguments: given }) => ({
    id,
    type: 'function',
    function: { name, arguments: given },
  }))
  return {
    id: answer.id,
    finish_reason: finishReason(answer),
    message: {
      role: 'assistant',
      ...(content.length > 0 || calls.length === 0 ? { content } : {}),
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
    },
    usage: usage(answer),
  }
}

function frame(kind: Frame['kind'], data: JsonObject, tokens = 0): Frame {
  return { kind, event: String(data.type), data: JSON.stringify(data), tokens }
}

/** One content block: its start, its pieces and its end. */
function contentFrames(index: number, type: 'text' | 'thinking', pieces: readonly string[]): readonly Frame[] {
  const told = (content: JsonObject): JsonObject => ({ index, delta: { message: { content } } })
  return [
    frame('open', { type: 'content-start', ...told({ type, [type]: '' }) }),
    ...pieces.map((piece) =>
      frame('content', { type: 'content-delta', ...told({ [type]: piece }) }, countTokens(piece)),
    ),
    frame('close', { type: 'content-end', index }),
  ]
}

function callFrames(call: WallAnswer['toolCalls'][number], index: number, whole: boolean): readonly Frame[] {
  const told = (fields: JsonObject): JsonObject => ({ index, delta: { message: { tool_calls: fields } } })
  const given = (text: string): JsonObject => told({ function: { arguments: text } })
  const head = { id: call.id, type: 'function', function: { name: call.name, arguments: '' } }
  const pieces = whole ? [call.arguments] : tokenize(call.arguments)
  return [
    frame('content', { type: 'tool-call-start', ...told(head) }, countTokens(call.name)),
    ...pieces.map((piece) => frame('content', { type: 'tool-call-delta', ...given(piece) }, countTokens(piece))),
    frame('close', { type: 'tool-call-end', index }),
  ]
}

function frames(answer: WallAnswer): readonly Frame[] {
  const message = { role: 'assistant', content: [], tool_plan: '', tool_calls: [], citations: [] }
  const thoughts = tokenize(answer.reasoning?.text ?? '')
  const text = spoken(answer)
  const style = answer.toolCallStyle
  const calls = answer.toolCalls.map((call, index) => callFrames(call, index, style === 'whole'))
  return [
    frame('open', { type: 'message-start', id: answer.id, delta: { message } }),
    ...(thoughts.length > 0 ? contentFrames(0, 'thinking', thoughts) : []),
    ...(text.length > 0 ? contentFrames(thoughts.length > 0 ? 1 : 0, 'text', text) : []),
    ...(style === 'interleaved' ? inTurns(calls) : calls.flat()),
    frame('done', { type: 'message-end', delta: { finish_reason: finishReason(answer), usage: usage(answer) } }),
  ]
}

/** Usage comes with the end of the message, and nowhere else. */
function bendUsage(all: readonly Frame[], how: BentUsage): readonly Frame[] {
  return all.map((one) => {
    const data = JSON.parse(one.data) as JsonObject
    if (data.type !== 'message-end' || !isObject(data.delta)) return one
    const { usage: _counted, ...rest } = data.delta
    if (how === 'missing') return frame('done', { ...data, delta: rest })
    return how === 'null' ? frame('done', { ...data, delta: { ...rest, usage: null } }) : one
  })
}

/** Cohere's Chat, version 2, as the wall writes it. */
export const cohereWire: WallWire = {
  dialect: 'cohere-chat',
  address: (path) => (path.endsWith('/v2/chat') ? {} : null),
  read: readCohereRequest,
  idPrefix: { answer: 'chat_wall', call: 'call_wall' },
  requestIdHeader: 'x-request-id',
  body,
  frames,
  usage,
  billed: (counted) => {
    const billed = isObject(counted.billed_units) ? counted.billed_units : {}
    return { inputTokens: amount(billed.input_tokens), outputTokens: amount(billed.output_tokens) }
  },
  error: (_status, message) => ({ id: 'wall', message }),
  errorFrame: (error) => frame('close', { type: 'error', ...error }),
  bendUsage,
  emptyFrame: () => frame('open', { type: 'debug', prompt: '' }),
}

function amount(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0
}
