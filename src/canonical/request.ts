import type { JsonObject } from '../lib/json.ts'
import type { Part } from './content.ts'
import type { EmbeddingRequest } from './embedding.ts'
import type { Extensible } from './extensions.ts'
import type { SourceDocument } from './source-document.ts'
import type { Tool, ToolChoice } from './tool.ts'

/**
 * Who speaks. `system` covers OpenAI's `developer`. Tool results are messages of role `tool`
 * (dialects that put them into user turns split and merge them at their edge).
 */
export type Role = 'system' | 'user' | 'assistant' | 'tool'

/** One turn of the conversation. */
export interface Message {
  readonly role: Role
  readonly content: readonly Part[]
  readonly name?: string
}

/** How the answer must look. */
export type ResponseFormat =
  | { readonly type: 'text' }
  | { readonly type: 'json' }
  | {
      readonly type: 'json-schema'
      readonly name: string
      readonly schema: JsonObject
      readonly strict?: boolean
      readonly description?: string
    }

/** How much the model should think. Dialects that take only one of the two derive it from the other. */
export interface ReasoningRequest {
  readonly effort?: 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'
  /** Upper bound of reasoning tokens. */
  readonly budgetTokens?: number
}

/**
 * What is asked, in the words that the vendors share. All else lives in `extensions[dialect]`:
 * top-level wire fields by name, restored by the same dialect and reported as dropped by others.
 */
export interface CanonicalRequest extends Extensible {
  /** As the caller wrote it: a task, a logical model or `provider/model`. */
  readonly model: string
  readonly messages: readonly Message[]
  readonly tools?: readonly Tool[]
  readonly toolChoice?: ToolChoice
  readonly parallelToolCalls?: boolean
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly frequencyPenalty?: number
  readonly presencePenalty?: number
  /** How many answers; more than one only where the upstream dialect has it. */
  readonly choices?: number
  readonly responseFormat?: ResponseFormat
  /** Sources that the answer may cite: what rules count and answers are held against. They are not sent. */
  readonly documents?: readonly SourceDocument[]
  readonly reasoning?: ReasoningRequest
  /** The end user's opaque name (OpenAI `user`, Anthropic `metadata.user_id`). */
  readonly endUser?: string
  /** Set when vectors are asked for instead of words: then there is one message, and each of its parts is a text of its own. */
  readonly embedding?: EmbeddingRequest
  readonly stream: boolean
  /** In a stream: whether the caller asked for the usage event (OpenAI). Always true where the dialect always sends it. */
  readonly includeUsage?: boolean
}
