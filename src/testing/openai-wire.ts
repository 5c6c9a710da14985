import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { countTokens, tokenize } from '../providers/simulated/tokens.ts'
import type { BentUsage, Frame, WallWire } from './frame.ts'
import { inTurns } from './in-turns.ts'
import { isMistral, readMistralRequest } from './mistral-request.ts'
import { readOpenAiRequest } from './openai-request.ts'
import { outputTokens, type WallAnswer } from './wall-answer.ts'

const FINISH = {
  stop: 'stop',
  'stop-sequence': 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  refusal: 'stop',
} as const

function finishReason(answer: WallAnswer): string {
  return answer.finishReason ?? FINISH[answer.finish]
}

function usage(answer: WallAnswer): JsonObject {
  const output = outputTokens(answer)
  return {
    prompt_tokens: answer.promptTokens,
    completion_tokens: output,
    total_tokens: answer.promptTokens + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: answer.reasoningTokens * answer.choices,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    ...answer.usage,
  }
}

function body(answer: WallAnswer): JsonObject {
  const message: JsonObject = {
    role: 'assistant',
    content: answer.pieces.join('') || (answer.toolCalls.length > 0 || answer.refusal !== null ? null : ''),
    refusal: answer.refusal,
    annotations: [],
  }
  if (answer.reasoning) message[answer.reasoning.field ?? 'reasoning_content'] = answer.reasoning.text
  if (answer.toolCalls.length > 0)
    message.tool_calls = answer.toolCalls.map((call) => ({
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.arguments },
    }))
  return {
    id: answer.id,
    object: 'chat.completion',
    created: answer.created,
    model: answer.model,
    choices: Array.from({ length: answer.choices }, (_, index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: finishReason(answer),
    })),
    usage: usage(answer),
    service_tier: answer.serviceTier ?? 'default',
    system_fingerprint: 'fp_wall',
  }
}

function frames(answer: WallAnswer, includeUsage: boolean): readonly Frame[] {
  const written: Frame[] = []
  const chunk = (kind: Frame['kind'], choices: JsonValue[], tokens = 0, counted: JsonValue = null): void => {
    const data: JsonObject = {
      id: answer.id,
      object: 'chat.completion.chunk',
      created: answer.created,
      model: answer.model,
      service_tier: answer.serviceTier ?? 'default',
      system_fingerprint: 'fp_wall',
      choices,
    }
    if (includeUsage) data.usage = counted
    written.push({ kind, data: JSON.stringify(data), tokens })
  }
  const delta = (kind: Frame['kind'], fields: JsonObject, tokens = 0, finish: string | null = null): void => {
    for (let index = 0; index < answer.choices; index++)
      chunk(kind, [{ index, delta: fields, logprobs: null, finish_reason: finish }], tokens)
  }

  delta('open', { role: 'assistant', content: answer.toolCalls.length > 0 ? null : '', refusal: null })
  const field = answer.reasoning?.field ?? 'reasoning_content'
  for (const piece of tokenize(answer.reasoning?.text ?? '')) delta('content', { [field]: piece }, 1)
  for (const piece of answer.pieces) delta('content', { content: piece }, countTokens(piece))
  for (const piece of tokenize(answer.refusal ?? '')) delta('content', { refusal: piece }, 1)
  for (const call of toolCallDeltas(answer)) delta('content', { tool_calls: [call.fields] }, call.tokens)
  delta('close', {}, 0, finishReason(answer))
  if (includeUsage) chunk('usage', [], 0, usage(answer))
  written.push({ kind: 'done', data: '[DONE]', tokens: 0 })
  return written
}

interface ToolCallDelta {
  readonly fields: JsonObject
  readonly tokens: number
}

function toolCallDeltas(answer: WallAnswer): readonly ToolCallDelta[] {
  const style = answer.toolCallStyle
  const perCall = answer.toolCalls.map((call, index): readonly ToolCallDelta[] => {
    const position = style === 'without-index' ? {} : { index }
    const nameTokens = countTokens(call.name)
    const head = (text: string): JsonObject => ({
      ...position,
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: text },
    })
    if (style === 'whole' || style === 'without-index')
      return [{ fields: head(call.arguments), tokens: nameTokens + countTokens(call.arguments) }]
    const pieces = tokenize(call.arguments)
    return [
      { fields: head(''), tokens: nameTokens },
      ...pieces.map((piece) => ({ fields: { ...position, function: { arguments: piece } }, tokens: 1 })),
    ]
  })
  return style === 'interleaved' ? inTurns(perCall) : perCall.flat()
}

/** What OpenAI calls an error of that status: its type and code. */
function errorNames(status: number): { type: string; code: string | null } {
  if (status === 401) return { type: 'invalid_request_error', code: 'invalid_api_key' }
  if (status === 404) return { type: 'invalid_request_error', code: 'model_not_found' }
  if (status === 429) return { type: 'requests', code: 'rate_limit_exceeded' }
  if (status >= 500) return { type: 'server_error', code: status === 503 ? 'service_unavailable' : null }
  return { type: 'invalid_request_error', code: null }
}

function bendUsage(all: readonly Frame[], how: BentUsage): readonly Frame[] {
  const isUsage = (frame: Frame): boolean => frame.kind === 'usage'
  const [counted] = all.filter(isUsage)
  const others = all.filter((frame) => !isUsage(frame))
  if (how === 'missing' || !counted) return others
  if (how === 'early') return [counted, ...others]
  if (how === 'running') return withRunningUsage(all, counted)
  if (how === 'twice') return all.flatMap((frame) => (isUsage(frame) ? [frame, frame] : [frame]))
  const empty = { ...counted, data: JSON.stringify({ ...(JSON.parse(counted.data) as JsonObject), usage: null }) }
  return all.map((frame) => (isUsage(frame) ? empty : frame))
}

/** What vLLM calls continuous usage: every piece says the figures so far, and the last chunk says them all. */
function withRunningUsage(all: readonly Frame[], counted: Frame): readonly Frame[] {
  const { usage: final } = JSON.parse(counted.data) as { readonly usage: JsonObject }
  let said = 0
  return all.map((frame) => {
    if (frame.kind === 'done' || frame.kind === 'usage') return frame
    said += frame.tokens
    const prompt = amount(final.prompt_tokens)
    const usage = { prompt_tokens: prompt, completion_tokens: said, total_tokens: prompt + said }
    return { ...frame, data: JSON.stringify({ ...(JSON.parse(frame.data) as JsonObject), usage }) }
  })
}

/** OpenAI's Chat Completions, as the wall writes it. */
export const openaiWire: WallWire = {
  dialect: 'openai-chat',
  address: (path) => (path.endsWith('/chat/completions') ? {} : null),
  read: (asked, { path }) => (isMistral(path) ? readMistralRequest(asked) : readOpenAiRequest(asked)),
  idPrefix: { answer: 'chatcmpl-wall', call: 'call_wall' },
  requestIdHeader: 'x-request-id',
  body,
  frames,
  usage,
  billed: (counted) => ({
    inputTokens: amount(counted.prompt_tokens),
    outputTokens: amount(counted.completion_tokens),
  }),
  error: (status, message, code, param = null) => {
    const names = errorNames(status)
    return { error: { message, type: names.type, param, code: code ?? names.code } }
  },
  errorFrame: (error) => ({
    kind: 'close',
    data: JSON.stringify(isObject(error.error) ? error : { error }),
    tokens: 0,
  }),
  bendUsage,
  emptyFrame: ({ id, model, created }) => ({
    kind: 'open',
    data: JSON.stringify({ id, object: 'chat.completion.chunk', created, model, choices: [] }),
    tokens: 0,
  }),
}

function amount(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0
}
