import { isObject, type JsonObject, type JsonValue, parseJson } from '../lib/json.ts'
import { hashText } from '../providers/simulated/random.ts'
import { countTokens, tokenize } from '../providers/simulated/tokens.ts'
import type { BentUsage, Frame, WallWire } from './frame.ts'
import { GEMINI_PATH, readGoogleRequest } from './google-request.ts'
import { outputTokens, type WallAnswer } from './wall-answer.ts'

const FINISH = {
  stop: 'STOP',
  'stop-sequence': 'STOP',
  length: 'MAX_TOKENS',
  'tool-calls': 'STOP',
  refusal: 'SAFETY',
} as const

const STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
  529: 'UNAVAILABLE',
}

function usage(answer: WallAnswer): JsonObject {
  const candidates = answer.textTokens * answer.choices
  const thoughts = answer.reasoningTokens * answer.choices
  return {
    promptTokenCount: answer.promptTokens,
    candidatesTokenCount: candidates,
    ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
    totalTokenCount: answer.promptTokens + outputTokens(answer),
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: answer.promptTokens }],
    ...(answer.serviceTier === null ? {} : { serviceTier: answer.serviceTier }),
    ...answer.usage,
  }
}

/** A part and the tokens of the answer in it. */
interface Piece {
  readonly part: JsonObject
  readonly tokens: number
}

/** The parts of an answer as they are streamed; each text in pieces, each call whole, the first with the signature that Gemini wants back. */
function pieces(answer: WallAnswer): readonly Piece[] {
  const { reasoning, toolCalls } = answer
  const spoken = answer.refusal === null ? answer.pieces : [...answer.pieces, ...tokenize(answer.refusal)]
  return [
    ...tokenize(reasoning?.text ?? '').map((text) => ({ part: { text, thought: true }, tokens: 1 })),
    ...spoken.map((text) => ({ part: { text }, tokens: countTokens(text) })),
    ...toolCalls.map(({ id, name, arguments: given }, at) => ({
      part: {
        functionCall: { id, name, args: argumentsOf(given) },
        ...(at === 0 ? { thoughtSignature: signatureOf(answer) } : {}),
      },
      tokens: countTokens(name) + countTokens(given),
    })),
  ]
}

function argumentsOf(text: string): JsonObject {
  const value = parseJson(text || '{}')
  return isObject(value) ? value : {}
}

function signatureOf({ reasoning, toolCalls }: WallAnswer): string {
  return reasoning?.signature ?? Buffer.from(hashText(JSON.stringify(toolCalls)), 'hex').toString('base64')
}

/** Neighbouring texts of one kind as one part: a whole answer is not cut up. */
function joined(parts: readonly JsonObject[]): JsonObject[] {
  const whole: JsonObject[] = []
  for (const part of parts) {
    const last = whole.at(-1)
    const goesOn = typeof last?.text === 'string' && typeof part.text === 'string' && last.thought === part.thought
    if (last && goesOn) last.text = `${String(last.text)}${String(part.text)}`
    else whole.push({ ...part })
  }
  return whole
}

function finishOf(answer: WallAnswer): string {
  return answer.finishReason ?? FINISH[answer.finish]
}

function head(answer: WallAnswer): JsonObject {
  return { modelVersion: answer.model, responseId: answer.id }
}

function body(answer: WallAnswer): JsonObject {
  const parts = joined(pieces(answer).map(({ part }) => part))
  const candidates = Array.from({ length: answer.choices }, (_, index) => ({
    content: { ...(parts.length > 0 ? { parts } : {}), role: 'model' },
    finishReason: finishOf(answer),
    index,
  }))
  return { candidates, usageMetadata: usage(answer), ...head(answer) }
}

function frame(kind: Frame['kind'], data: JsonObject, tokens = 0): Frame {
  return { kind, data: JSON.stringify(data), tokens }
}

/** Every chunk says the usage so far; the last one ends the answer, and nothing follows it. */
function frames(answer: WallAnswer): readonly Frame[] {
  const { candidatesTokenCount: _, thoughtsTokenCount: __, ...input } = usage(answer)
  const chunks = Array.from({ length: answer.choices }, (_each, index) =>
    pieces(answer).map(({ part, tokens }) =>
      frame(
        'content',
        {
          candidates: [{ content: { parts: [part], role: 'model' }, index }],
          usageMetadata: { ...input, totalTokenCount: answer.promptTokens },
          ...head(answer),
        },
        tokens,
      ),
    ),
  )
  const last = Array.from({ length: answer.choices }, (_each, index) => ({
    content: { parts: [{ text: '' }], role: 'model' },
    finishReason: finishOf(answer),
    index,
  }))
  return [...chunks.flat(), frame('close', { candidates: last, usageMetadata: usage(answer), ...head(answer) })]
}

function bendUsage(all: readonly Frame[], how: BentUsage): readonly Frame[] {
  const parsed = all.map((one) => ({ one, data: JSON.parse(one.data) as JsonObject }))
  const final = parsed.at(-1)?.data.usageMetadata ?? null
  return parsed.flatMap(({ one, data }, at) => {
    const isLast = at === parsed.length - 1
    const { usageMetadata: _counted, ...rest } = data
    if (how === 'missing') return [{ ...one, data: JSON.stringify(rest) }]
    if (how === 'null') return [{ ...one, data: JSON.stringify({ ...rest, usageMetadata: null }) }]
    if (how === 'early') return [{ ...one, data: JSON.stringify(at === 0 ? { ...rest, usageMetadata: final } : rest) }]
    return isLast ? [one, frame('usage', { usageMetadata: final, ...pick(data) })] : [one]
  })
}

function pick({ modelVersion = '', responseId = '' }: JsonObject): JsonObject {
  return { modelVersion, responseId }
}

/** Gemini's generateContent, as the wall writes it. */
export const googleWire: WallWire = {
  dialect: 'google-generate-content',
  address(path) {
    const [, model, method] = GEMINI_PATH.exec(path) ?? []
    return model === undefined ? null : { model: decodeURIComponent(model), stream: method === 'streamGenerateContent' }
  },
  read: (asked, { path }) => readGoogleRequest(asked, path),
  idPrefix: { answer: 'wall', call: 'fc_wall' },
  requestIdHeader: 'x-request-id',
  usageField: 'usageMetadata',
  body,
  frames,
  usage,
  billed: (counted) => ({
    inputTokens: amount(counted.promptTokenCount) + amount(counted.toolUsePromptTokenCount),
    outputTokens: amount(counted.candidatesTokenCount) + amount(counted.thoughtsTokenCount),
  }),
  error: (status, message, code) => ({
    error: {
      code: status,
      message,
      status: STATUS[status] ?? (status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT'),
      ...(code === undefined
        ? {}
        : { details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: code, domain: 'wall' }] }),
    },
  }),
  errorFrame: (error) => frame('close', error),
  bendUsage,
  emptyFrame: ({ model, id }) => frame('open', { candidates: [], modelVersion: model, responseId: id }),
}

function amount(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0
}
