/*
 * Mistral speaks OpenAI's chat format and is stricter about it. A wall is Mistral for calls below `/mistral`.
 */
import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'
import { readOpenAiRequest } from './openai-request.ts'
import type { WireRequest } from './wire-request.ts'

const FIELDS: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'stream', 'temperature', 'top_p', 'max_tokens', 'stop', 'random_seed', 'metadata'],
  ...['response_format', 'tools', 'tool_choice', 'presence_penalty', 'frequency_penalty', 'n', 'prediction'],
  ...['parallel_tool_calls', 'prompt_mode', 'reasoning_effort', 'guardrails', 'safe_prompt', 'prompt_cache_key'],
])
const MESSAGE_FIELDS: Readonly<Record<string, ReadonlySet<string>>> = {
  system: new Set(['role', 'content']),
  user: new Set(['role', 'content']),
  assistant: new Set(['role', 'content', 'tool_calls', 'prefix']),
  tool: new Set(['role', 'content', 'tool_call_id', 'name']),
}
const ID = /^[a-zA-Z0-9]{9}$/
const UNPROCESSABLE = 422

/** Whether an address is Mistral's. */
export function isMistral(path: string): boolean {
  return path.startsWith('/mistral/')
}

/** Reads a chat request as strictly as Mistral does; streams end with usage unasked. Throws BadRequest. */
export function readMistralRequest(body: JsonObject): WireRequest {
  refuseUnknown(body, FIELDS, 'body')
  const messages = Array.isArray(body.messages) ? body.messages.filter(isObject) : []
  for (const [at, message] of messages.entries()) {
    const path = `body.messages.${at}`
    refuseUnknown(message, MESSAGE_FIELDS[String(message.role)] ?? new Set(), path)
    checkId(message.tool_call_id)
    const calls = Array.isArray(message.tool_calls) ? message.tool_calls : []
    for (const call of calls) if (isObject(call)) checkId(call.id)
  }
  const last = messages.at(-1)
  if (last?.role === 'assistant' && last.prefix !== true)
    throw new BadRequest(
      'Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant',
    )
  return { ...readOpenAiRequest(body), includeUsage: true }
}

function refuseUnknown(fields: JsonObject, known: ReadonlySet<string>, path: string): void {
  const unknown = Object.keys(fields).find((field) => !known.has(field))
  if (unknown === undefined) return
  throw new BadRequest(`${path}.${unknown}: Extra inputs are not permitted`, unknown, UNPROCESSABLE)
}

function checkId(id: JsonValue | undefined): void {
  if (id === undefined || (typeof id === 'string' && ID.test(id))) return
  throw new BadRequest(`Tool call id was ${String(id)} but must be a-z, A-Z, 0-9, with a length of 9.`, 'tool_call_id')
}
