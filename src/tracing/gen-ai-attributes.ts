import type { Attributes } from './span.ts'

/** What is known of an attempt, for its span. */
export interface AttemptFacts {
  /** What is asked of the model: words or vectors. */
  readonly operation: 'chat' | 'embeddings'
  /** The provider's name in the configuration, or its well-known name. */
  readonly provider: string
  readonly requestedModel: string
  readonly servedModel: string | null
  /** Headgate's word for why the model stopped. */
  readonly finishReason: string | null
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly status: string
  readonly errorCode: string | null
  readonly ttftMs: number | null
  /** Whether another attempt was quicker. */
  readonly outrun: true | undefined
}

/** Facts of an attempt under the names of the OpenTelemetry conventions for generative AI, and our own names for what these have none for. */
export function attemptAttributes(facts: AttemptFacts): Attributes {
  return {
    'gen_ai.operation.name': facts.operation,
    'gen_ai.provider.name': facts.provider,
    'gen_ai.request.model': facts.requestedModel,
    'gen_ai.response.model': facts.servedModel ?? undefined,
    'gen_ai.response.finish_reasons': facts.finishReason ?? undefined,
    'gen_ai.usage.input_tokens': facts.inputTokens,
    'gen_ai.usage.output_tokens': facts.outputTokens,
    'headgate.status': facts.status,
    'headgate.error_code': facts.errorCode ?? undefined,
    'headgate.time_to_first_token_ms': facts.ttftMs ?? undefined,
    'headgate.outrun': facts.outrun,
  }
}
