/*
 * What a model takes, by its name. Converse is one format for many vendors' models, and Bedrock refuses what a model does not take; callers who
 * speak another format cannot know. An application inference profile has a name of its own that says nothing: it gets the rules of `other`.
 *
 * Read 2026-11-21:
 * - prompt caching: https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html (Nova not for tools; an hour only for Claude from 4.5 on);
 * - schemas: https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html;
 * - the status of tool results: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html;
 * - Nova's own fields: https://docs.aws.amazon.com/nova/latest/nova2-userguide/core-inference.html.
 */
import { generationOf } from '../anthropic-messages/generation.ts'

/** Whose model it is, as far as that changes the request. */
export type Vendor = 'claude' | 'nova' | 'gpt-oss' | 'mistral' | 'cohere' | 'other'

/** The rules of one model. */
export interface ModelRules {
  readonly vendor: Vendor
  /** Where the prompt may be marked for caching, and whether a mark may live an hour. */
  readonly cachePoints: 'none' | 'not-tools' | 'all' | 'all-and-hours'
  /** Whether answers and tool calls can be held to a schema. */
  readonly structured: boolean
  /** How much to think can be said. */
  readonly reasoning: 'claude' | 'reasoning_effort' | 'reasoningConfig' | 'none'
  /** Whether a tool result can say that the tool failed. */
  readonly resultStatus: boolean
}

const OPEN_WEIGHTS_WITH_SCHEMAS =
  /(?:^|[./])(?:qwen\.|deepseek\.v|google\.gemma|nvidia\.|minimax\.|moonshot|openai\.|zai\.|mistral\.(?:mistral-large-3|ministral|magistral|voxtral|devstral))/

/** The rules of a model, by its id, its inference profile or an ARN that ends in one of them. */
export function modelRules(model: string): ModelRules {
  if (/anthropic\.|claude/.test(model)) return claudeRules(model)
  const vendor = vendorOf(model)
  return {
    vendor,
    cachePoints: vendor === 'nova' ? 'not-tools' : 'none',
    structured: OPEN_WEIGHTS_WITH_SCHEMAS.test(model),
    reasoning: vendor === 'gpt-oss' ? 'reasoning_effort' : /nova-2/.test(model) ? 'reasoningConfig' : 'none',
    resultStatus: vendor === 'nova',
  }
}

function claudeRules(model: string): ModelRules {
  const { known, structured } = generationOf(model)
  // Anthropic itself has schemas for Opus 4.1 too.
  const since45 = known && structured && !/opus-4-1\b/.test(model)
  const caches = /claude-3-[57]|claude-(?:[a-z]+-)?[4-9]/.test(model) || !known
  return {
    vendor: 'claude',
    cachePoints: since45 ? 'all-and-hours' : caches ? 'all' : 'none',
    structured: since45,
    reasoning: 'claude',
    resultStatus: true,
  }
}

function vendorOf(model: string): Vendor {
  if (/amazon\.nova/.test(model)) return 'nova'
  if (/openai\.gpt-oss/.test(model)) return 'gpt-oss'
  if (/mistral\./.test(model)) return 'mistral'
  return /cohere\./.test(model) ? 'cohere' : 'other'
}
