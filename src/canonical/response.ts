import type { Part } from './content.ts'
import type { Embedding } from './embedding.ts'
import type { Usage } from './usage.ts'

/**
 * Why the model stopped, over all dialects:
 * `stop` it was done · `stop-sequence` a caller's stop text · `length` the output cap · `tool-calls` it waits for tools ·
 * `content-filter` safety or refusal · `pause` the provider paused a long turn · `context-length` the window is full ·
 * `incomplete` it broke on its way, and what came of it is handed over ·
 * `other` a word we do not know, kept in `rawFinishReason`.
 */
export type FinishReason =
  | 'stop'
  | 'stop-sequence'
  | 'length'
  | 'tool-calls'
  | 'content-filter'
  | 'pause'
  | 'context-length'
  | 'incomplete'
  | 'other'

/** Why an answer is ended before its own end: it reached a cap of ours, or it broke on its way. */
export type CutReason = Extract<FinishReason, 'length' | 'incomplete'>

/** Why an answer ended that is not whole. */
export const CUT_SHORT: readonly FinishReason[] = ['length', 'context-length', 'incomplete']

/** A complete answer of one choice. */
export interface CanonicalResponse {
  /** The upstream's id of the answer. */
  readonly id?: string
  /** The upstream's own name of the model that served. */
  readonly model?: string
  /** Unix seconds. */
  readonly created?: number
  readonly content: readonly Part[]
  /** Vectors, in the order of the texts; only where they were asked for. */
  readonly embeddings?: readonly Embedding[]
  readonly finishReason: FinishReason
  readonly rawFinishReason?: string
  /** The stop text that was hit. */
  readonly stopSequence?: string
  readonly usage?: Usage
}
