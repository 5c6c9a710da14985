import type { Usage } from '../../canonical/usage.ts'
import type { JsonObject } from '../../lib/json.ts'
import { encodeUsage } from './usage.ts'

/** What an answer is called. */
export interface Head {
  readonly id: string
  readonly model: string
  /** Unix seconds. */
  readonly created: number
}

/** What of an answer changes while it is made. */
export interface Progress {
  readonly status: 'in_progress' | 'completed' | 'incomplete'
  readonly output: readonly JsonObject[]
  readonly usage: Usage | undefined
  readonly incompleteDetails: JsonObject | null
}

/**
 * A response object. SDKs count on the fields that repeat the request; they say the defaults here, because the answer of another format does not
 * repeat what was asked. `store` is always false.
 */
export function responseObject(head: Head, { status, output, usage, incompleteDetails }: Progress): JsonObject {
  return {
    id: head.id,
    object: 'response',
    created_at: head.created,
    status,
    background: false,
    error: null,
    incomplete_details: incompleteDetails,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    model: head.model,
    output: [...output],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    ...(usage?.serviceTier === undefined ? {} : { service_tier: usage.serviceTier }),
    store: false,
    temperature: null,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: null,
    truncation: 'disabled',
    usage: usage ? encodeUsage(usage) : null,
  }
}
