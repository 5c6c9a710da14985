import type { CallContext } from '../../access/context.ts'
import type { Complexity } from '../../canonical/call-words.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { ResponseMode } from '../../config/sections/allowances.ts'
import type { JsonValue } from '../../lib/json.ts'
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

/** A record before it is written: what is undefined is left out. */
type Said = { readonly [name: string]: JsonValue | Said | undefined }

/** The record of what was asked, to be written as JSON; `usage` is what the answer used, null when there was none. */
export function askedRecord(ask: RouteAsk, signals: KnownSignals, usage: Usage | null): Said {
  const { needs = [], keyAllowedModels } = ask
  return {
    context: contextRecord(ask.context),
    prompt: promptRecord(ask.prompt),
    allowed_models: keyAllowedModels === null ? undefined : [...keyAllowedModels],
    max_output_tokens: ask.maxOutputTokens,
    temperature: ask.temperature,
    top_p: ask.topP,
    choices: ask.choices,
    reasoning_budget: ask.reasoningTokens,
    needs: needs.length === 1 && needs[0] === 'chat' ? undefined : [...needs],
    response_mode: signals.responseMode === 'text' ? undefined : signals.responseMode,
    tools: toolsRecord(signals.tools),
    documents: signals.documents ?? undefined,
    complexity: signals.complexity && { ...signals.complexity },
    budget_used: signals.budgetUsed,
    prefix: signals.prefix,
    usage: usage ? usageRecord(usage) : undefined,
  }
}

function toolsRecord(tools: readonly string[]): JsonValue | undefined {
  if (tools.length > MOST_TOOLS) return null
  return tools.length > 0 ? [...tools] : undefined
}

function contextRecord(context: CallContext): Said {
  return {
    team_id: context.teamId ?? undefined,
    task: context.task ?? undefined,
    risk: context.risk === 'read_only' ? undefined : context.risk,
    quality: context.quality ?? undefined,
    priority: context.priority ?? undefined,
    visibility: context.visibility ?? undefined,
    data_sensitivity: context.dataSensitivity ?? undefined,
    region: context.region ?? undefined,
    latency_target_ms: context.latencyTargetMs ?? undefined,
    max_cost_usd: context.maxCostUsd ?? undefined,
    prompt_version: context.promptVersion ?? undefined,
    run_id: context.runId ?? undefined,
    retrieved_documents: context.retrievedDocuments ?? undefined,
    permission_scope: context.permissionScope ?? undefined,
  }
}

function promptRecord({ textBytes, images, tools }: RouteAsk['prompt']): Said {
  return { bytes: textBytes, images: images > 0 ? images : undefined, tools: tools ? true : undefined }
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

function usageRecord(usage: Usage): Record<(typeof USAGE_NAMES)[keyof typeof USAGE_NAMES], number | undefined> {
  return {
    input_uncached: usage.inputUncached || undefined,
    cache_read: usage.cacheRead || undefined,
    cache_read_audio: usage.cacheReadAudio || undefined,
    cache_write_5m: usage.cacheWrite5m || undefined,
    cache_write_1h: usage.cacheWrite1h || undefined,
    input_audio: usage.inputAudio || undefined,
    output_text: usage.outputText || undefined,
    reasoning: usage.reasoning || undefined,
    output_audio: usage.outputAudio || undefined,
    output_image: usage.outputImage || undefined,
    web_searches: usage.webSearches || undefined,
    file_searches: usage.fileSearches || undefined,
    code_sessions: usage.codeSessions || undefined,
    other_tool_uses: usage.otherToolUses || undefined,
  }
}
