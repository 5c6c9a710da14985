import type { ComplexityLabel } from '../../canonical/call-words.ts'
import type { LibraryCall } from '../inbound-call.ts'
import { supposedSignals } from '../supposed-values.ts'
import { type ChatMessage, type ChatRequest, chatCallOf } from './chat-request.ts'

/** A call that is only to be explained: as `chat` takes it, or what is known of it. */
export interface ExplainRequest extends Omit<ChatRequest, 'messages' | 'idempotencyKey' | 'signal'> {
  readonly messages?: readonly ChatMessage[]
  /** What its prompt has, in tokens, when there are no messages; also with them, when it is known better. */
  readonly inputTokens?: number
  /** Supposes that its tenant is on this plan. */
  readonly plan?: string
  /** Supposes how hard it is, in a word or as a score from 0 to 1; else it is scored. */
  readonly complexity?: ComplexityLabel | number
  /** Supposes the share of its fullest budget that is used, for rules that ask. */
  readonly budgetUsed?: number
  /** Whether it would be streamed. Default false. */
  readonly stream?: boolean
}

const NOTHING_SAID: readonly ChatMessage[] = [{ role: 'user', content: '' }]

/** The call to explain. Throws GatewayError `invalid_request` with the field's path. */
export function explainedLibraryCall(ask: ExplainRequest): LibraryCall {
  const { inputTokens = ask.messages ? undefined : 0, plan, complexity, budgetUsed, stream = false, ...rest } = ask
  const request = { ...rest, messages: ask.messages ?? NOTHING_SAID }
  return {
    ...chatCallOf(request, stream),
    supposed: {
      ...(inputTokens === undefined ? {} : { inputTokens }),
      ...(plan === undefined ? {} : { plan }),
      signals: supposedSignals({ complexity, budget_used: budgetUsed }),
    },
    signal: new AbortController().signal,
    dismiss: () => undefined,
  }
}
