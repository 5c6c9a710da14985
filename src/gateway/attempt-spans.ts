import { inputTokens, outputTokens } from '../canonical/usage.ts'
import type { Operation } from '../dialects/dialect.ts'
import type { AttemptRecord, RunningAttempt } from '../execution/running-attempt.ts'
import { genAiAttributes } from '../tracing/gen-ai-attributes.ts'
import type { OpenSpan } from '../tracing/span.ts'
import type { Trace } from '../tracing/trace.ts'

/** The span of each attempt of an exchange, from the moment its bytes leave to the end of its answer. */
export class AttemptSpans {
  readonly #trace: Trace
  readonly #operation: Operation
  /** Of the attempt that runs; they run one after the other. */
  #open: { readonly id: string; readonly span: OpenSpan } | null = null

  constructor(trace: Trace, operation: Operation) {
    this.#trace = trace
    this.#operation = operation
  }

  begin({ id, number, deployment }: RunningAttempt): void {
    this.#open = { id, span: this.#trace.open(`attempt ${number} ${deployment.id}`, 'llm') }
  }

  end({ id, deployment, status, summary, ttftMs, errorCode }: AttemptRecord): void {
    if (this.#open?.id !== id) return
    const { span } = this.#open
    this.#open = null
    const usage = summary?.usage
    this.#trace.close(span, status === 'completed' ? 'ok' : 'error', {
      ...genAiAttributes({
        operation: this.#operation,
        provider: deployment.endpoint.provider,
        requestedModel: deployment.model,
        servedModel: summary?.model ?? null,
        finishReason: summary?.finishReason ?? null,
        ...(usage ? { inputTokens: inputTokens(usage), outputTokens: outputTokens(usage) } : {}),
      }),
      'headgate.status': status,
      'headgate.error_code': errorCode ?? undefined,
      'headgate.time_to_first_token_ms': ttftMs ?? undefined,
    })
  }
}
