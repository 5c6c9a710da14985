import type { LibraryCall } from '../inbound-call.ts'
import { type ChatMessage, type ChatRequest, canonicalOf, contextOf } from './chat-request.ts'

/** A call that is only to be explained: as `chat` takes it, or what is known of it. */
export interface ExplainRequest extends Omit<ChatRequest, 'messages' | 'idempotencyKey' | 'signal'> {
  readonly messages?: readonly ChatMessage[]
  /** What its prompt has, in tokens, when there are no messages; also with them, when it is known better. */
  readonly inputTokens?: number
  /** Supposes that its tenant is on this plan. */
  readonly plan?: string
  /** Whether it would be streamed. Default false. */
  readonly stream?: boolean
}

const NOTHING_SAID: readonly ChatMessage[] = [{ role: 'user', content: '' }]

/** The call to explain. Throws GatewayError `invalid_request` with the field's path. */
export function explainedLibraryCall(ask: ExplainRequest): LibraryCall {
  const { inputTokens = ask.messages ? undefined : 0, plan, stream = false, messages = NOTHING_SAID, ...rest } = ask
  const request = { ...rest, messages }
  return {
    face: 'library',
    request: canonicalOf(request, stream),
    context: contextOf(request),
    traceparent: request.traceparent ?? null,
    supposed: {
      ...(inputTokens === undefined ? {} : { inputTokens }),
      ...(plan === undefined ? {} : { plan }),
    },
    signal: new AbortController().signal,
    dismiss: () => undefined,
  }
}
