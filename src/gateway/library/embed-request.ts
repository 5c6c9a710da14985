import type { Embedding, EmbeddingRequest } from '../../canonical/embedding.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { defined } from '../../lib/defined.ts'
import type { WireCall } from '../inbound-call.ts'
import type { ChatAnswer, WholeAnswer } from './chat-answer.ts'
import { type CallOptions, type ChatContext, contextOf } from './chat-request.ts'

/** One call for vectors. */
export interface EmbedRequest extends ChatContext, CallOptions {
  /** A task, a logical model or `provider/model`. May be left out when `task` is given. */
  readonly model?: string
  /** A text, or up to 2,048 of them. */
  readonly input: string | readonly string[]
  /** How many numbers each vector has. Default: the model's own. */
  readonly dimensions?: number
  /** What the vectors are for, where a vendor distinguishes. */
  readonly purpose?: EmbeddingRequest['purpose']
}

/** Vectors, and what they cost. */
export interface EmbedAnswer
  extends Pick<
    ChatAnswer,
    'usage' | 'costUsd' | 'traceId' | 'route' | 'model' | 'fallback' | 'dropped' | 'flags' | 'replayOf'
  > {
  /** One vector for each text, in their order. */
  readonly embeddings: readonly Embedding[]
}

/** A call for vectors in the format that all of them have: what it says is read and refused in one place. */
export function embedCallOf(request: EmbedRequest): Omit<WireCall, 'signal' | 'dismiss'> {
  const { task, model = task, input, dimensions, purpose, traceparent, idempotencyKey } = request
  const body = { model, input, dimensions, input_type: purpose, encoding_format: 'float' }
  return {
    face: 'wire',
    dialect: 'openai-embeddings',
    asked: null,
    bytes: Buffer.from(JSON.stringify(body)),
    headers: defined({ traceparent, 'idempotency-key': idempotencyKey }),
    query: '',
    bound: contextOf(request),
  }
}

/** The vectors of an answer. Throws GatewayError when it has none. */
export function embedAnswerOf(answer: WholeAnswer): EmbedAnswer {
  const { embeddings, usage, costUsd, traceId, route, model, fallback, dropped, flags, replayOf } = answer
  if (!embeddings) throw new GatewayError('internal', 'Vectors were asked for and words came.')
  return { embeddings, usage, costUsd, traceId, route, model, fallback, dropped, flags, replayOf }
}
