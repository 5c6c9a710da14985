import { TOOL_NAMES } from './answer.ts'
import type { Inbound, StreamPlan } from './stream-plan.ts'
import { CAP, taskOf } from './upstreams.ts'

/** A call as it goes over the wire. */
export interface WireAsk {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Whose calls they all are. */
export const TENANT = 'streams'
/** What they are for. */
export const FEATURE = 'chaos'
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } } } as const

/** The prompt of a stream: its name is in it, so that the wall knows whose call it got. */
export function promptOf({ name }: StreamPlan): string {
  return `Say ${name}.`
}

/** The name in a prompt; null for none of ours. */
export function nameIn(text: string): string | null {
  return /Say ([0-9a-f]{32})\./.exec(text)?.[1] ?? null
}

/** The tools of every call. */
export const TOOLS = TOOL_NAMES.map((name) => ({ name, description: `${name}, perhaps`, parameters: SCHEMA }))

/** A stream's call in its caller's format. */
export function wireAsk(plan: StreamPlan, key: string | null): WireAsk {
  const [path, body] = askIn(plan.inbound, plan)
  return {
    path,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      'content-type': 'application/json',
      'x-headgate-trace-id': plan.name,
      'x-headgate-tenant-id': TENANT,
      'x-headgate-feature': FEATURE,
      ...(plan.isPoor ? { 'x-headgate-user-id': plan.name } : {}),
    },
    body: JSON.stringify(body),
  }
}

function askIn(inbound: Inbound, plan: StreamPlan): readonly [path: string, body: object] {
  const model = taskOf(plan)
  const content = promptOf(plan)
  const messages = [{ role: 'user', content }]
  switch (inbound) {
    case 'openai-chat': {
      const tools = TOOLS.map((tool) => ({ type: 'function', function: tool }))
      const usage = plan.asksUsage ? { stream_options: { include_usage: true } } : {}
      return ['/v1/chat/completions', { model, stream: true, ...usage, messages, tools }]
    }
    case 'openai-responses': {
      const tools = TOOLS.map((tool) => ({ type: 'function', strict: false, ...tool }))
      return [
        '/v1/responses',
        { model, stream: true, store: false, include: ['reasoning.encrypted_content'], input: content, tools },
      ]
    }
    case 'anthropic-messages': {
      const tools = TOOLS.map(({ parameters, ...tool }) => ({ ...tool, input_schema: parameters }))
      return ['/v1/messages', { model, stream: true, max_tokens: CAP, messages, tools }]
    }
    case 'google-generate-content': {
      const tools = [{ functionDeclarations: TOOLS }]
      const contents = [{ role: 'user', parts: [{ text: content }] }]
      return [`/v1beta/models/${model}:streamGenerateContent?alt=sse`, { contents, tools }]
    }
    case 'library':
      throw new Error('the library is not called over the wire')
  }
}
