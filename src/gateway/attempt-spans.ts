import { inputTokens, outputTokens } from '../canonical/usage.ts'
import type { AttemptRecord, RunningAttempt } from '../execution/running-attempt.ts'
import { genAiAttributes } from '../tracing/gen-ai-attributes.ts'
import type { OpenSpan } from '../tracing/span.ts'
import type { Trace } from '../tracing/trace.ts'

/** The span of each attempt of an exchange, from the moment its bytes leave to the end of its answer. */
export class AttemptSpans {
  readonly #trace: Trace
  readonly #open = new Map<string, OpenSpan>()

  constructor(trace: Trace) {
    this.#trace = trace
  }

  begin({ id, number, deployment }: RunningAttempt): void {
    this.#open.set(id, this.#trace.open(`attempt ${number} ${deployment.id}`, 'llm'))
  }

  end({ id, deployment, status, summary, ttftMs, errorCode }: AttemptRecord): void {
    const span = this.#open.get(id)
    if (!span) return
    this.#open.delete(id)
    const usage = summary?.usage
    this.#trace.close(span, status === 'completed' ? 'ok' : 'error', {
      ...genAiAttributes({
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
