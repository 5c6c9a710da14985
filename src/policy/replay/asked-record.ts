import type { CallContext } from '../../access/context.ts'
import type { Complexity } from '../../canonical/call-words.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { ResponseMode } from '../../config/sections/allowances.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { RouteAsk } from '../route.ts'

/*
 * What a decision was asked, as the ledger keeps it (`llm_requests.asked`), so that it can be asked again of another policy. What the row says in other
 * columns (tenant, user, feature, model, format) is not said again, and what has its usual value is left out. Never a word of the prompt or the answer.
 */

/** More names than any honest call offers; a call with more of them is kept without them. */
const MOST_TOOLS = 64

/** What was found out about a call beside its context. Undefined: nobody had asked. */
export interface KnownSignals {
  readonly responseMode: ResponseMode
  readonly tools: readonly string[]
  readonly documents: number | null
  readonly complexity: Complexity | undefined
  readonly budgetUsed: number | null | undefined
  readonly prefix: string | undefined
}

/** The record of what was asked; `usage` is what the answer used, null when there was none. */
export function askedRecord(ask: RouteAsk, signals: KnownSignals, usage: Usage | null): JsonObject {
  const record: JsonObject = { context: contextRecord(ask.context), prompt: promptRecord(ask.prompt) }
  const put = (name: string, value: JsonValue | undefined): void => {
    if (value !== undefined) record[name] = value
  }
  put('allowed_models', ask.keyAllowedModels === null ? undefined : [...ask.keyAllowedModels])
  put('max_output_tokens', ask.maxOutputTokens)
  put('temperature', ask.temperature)
  put('top_p', ask.topP)
  put('choices', ask.choices)
  put('reasoning_budget', ask.reasoningTokens)
  const { needs = [] } = ask
  if (needs.length !== 1 || needs[0] !== 'chat') record.needs = [...needs]
  if (signals.responseMode !== 'text') record.response_mode = signals.responseMode
  if (signals.tools.length > MOST_TOOLS) record.tools = null
  else if (signals.tools.length > 0) record.tools = [...signals.tools]
  if (signals.documents !== null) record.documents = signals.documents
  if (signals.complexity) record.complexity = { ...signals.complexity }
  put('budget_used', signals.budgetUsed)
  put('prefix', signals.prefix)
  if (usage) record.usage = usageRecord(usage)
  return record
}

function contextRecord(context: CallContext): JsonObject {
  const record: JsonObject = {}
  const put = (name: string, value: string | number | null): void => {
    if (value !== null) record[name] = value
  }
  put('team_id', context.teamId)
  put('task', context.task)
  if (context.risk !== 'read_only') record.risk = context.risk
  put('quality', context.quality)
  put('priority', context.priority)
  put('visibility', context.visibility)
  put('data_sensitivity', context.dataSensitivity)
  put('region', context.region)
  put('latency_target_ms', context.latencyTargetMs)
  put('max_cost_usd', context.maxCostUsd)
  put('prompt_version', context.promptVersion)
  put('run_id', context.runId)
  put('retrieved_documents', context.retrievedDocuments)
  put('permission_scope', context.permissionScope)
  return record
}

function promptRecord({ textBytes, images, tools = false }: RouteAsk['prompt']): JsonObject {
  return { bytes: textBytes, ...(images > 0 ? { images } : {}), ...(tools ? { tools } : {}) }
}

/** Counters of a usage by their names in the record. */
export const USAGE_NAMES = {
  inputUncached: 'input_uncached',
  cacheRead: 'cache_read',
  cacheReadAudio: 'cache_read_audio',
  cacheWrite5m: 'cache_write_5m',
  cacheWrite1h: 'cache_write_1h',
  inputAudio: 'input_audio',
  outputText: 'output_text',
  reasoning: 'reasoning',
  outputAudio: 'output_audio',
  outputImage: 'output_image',
  webSearches: 'web_searches',
  fileSearches: 'file_searches',
  codeSessions: 'code_sessions',
  otherToolUses: 'other_tool_uses',
} as const satisfies Partial<Record<keyof Usage, string>>

function usageRecord(usage: Usage): JsonObject {
  const record: JsonObject = {}
  for (const counter in USAGE_NAMES) {
    const name = counter as keyof typeof USAGE_NAMES
    const count = usage[name]
    if (count) record[USAGE_NAMES[name]] = count
  }
  return record
}
