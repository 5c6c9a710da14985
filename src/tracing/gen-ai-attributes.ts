import type { Attributes } from './span.ts'

/** What is known of one model call, for its span. */
export interface ModelCallFacts {
  /** What is asked of the model: words or vectors. */
  readonly operation: 'chat' | 'embeddings'
  /** The provider's name in the configuration, or its well-known name. */
  readonly provider: string
  readonly requestedModel: string
  readonly servedModel?: string | null
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly maxOutputTokens?: number
  readonly temperature?: number
  /** Headgate's word for why the model stopped. */
  readonly finishReason?: string | null
  readonly answerId?: string
}

/** Facts of a model call under the names of the OpenTelemetry conventions for generative AI. */
export function genAiAttributes(facts: ModelCallFacts): Attributes {
  return {
    'gen_ai.operation.name': facts.operation,
    'gen_ai.provider.name': facts.provider,
    'gen_ai.request.model': facts.requestedModel,
    'gen_ai.request.max_tokens': facts.maxOutputTokens,
    'gen_ai.request.temperature': facts.temperature,
    'gen_ai.response.id': facts.answerId,
    'gen_ai.response.model': facts.servedModel ?? undefined,
    'gen_ai.response.finish_reasons': facts.finishReason ?? undefined,
    'gen_ai.usage.input_tokens': facts.inputTokens,
    'gen_ai.usage.output_tokens': facts.outputTokens,
  }
}
