import { LruMap } from '../lib/lru-map.ts'

/*
 * How many tokens a running answer has, from what is seen of it. There are two figures: an upper one, because what is metered must cover what is billed, and
 * a fair one for what has to be booked without the provider's word. They are the same once an answer was seen that tells.
 *
 * tokens = bytes / bytesPerToken + 48 for each tool call, and never less than there were events with content. Tool calls cost more than their text: a
 * provider writes some dozens of tokens around each that nobody sees (recorded: 16 to 56). Bytes per token are learned for each model, with and without tools apart,
 * from answers that the provider counted: the first one is believed, a denser one moves the figure far, a lighter one a little.
 *
 * A model that bills much more than was seen thinks unseen. Its output cannot be metered at all, which is learned here too.
 */

/** What was seen of an answer, from its beginning. */
export interface OutputSeen {
  /** Events with content; 0 for an answer that was not streamed. */
  readonly events: number
  /** Bytes of text, reasoning and tool arguments. */
  readonly bytes: number
  readonly toolCalls: number
}

/** Bytes a token. */
export interface BytesPerToken {
  /** Rather too few: makes an upper estimate. */
  readonly upper: number
  readonly fair: number
  /** Whether an answer was seen that told it. */
  readonly learned: boolean
}

/** Learns how what is seen becomes tokens. */
export interface OutputSizes {
  bytesPerToken(model: string, tools: boolean): BytesPerToken
  /** Whether the model was seen to bill much more than it shows. */
  thinksUnseen(model: string): boolean
  /** The provider counted so many tokens for what was seen. */
  learn(model: string, tools: boolean, seen: OutputSeen, tokens: number): void
}

/** Tokens around a tool call that are not in its text. */
export const TOOL_CALL_TOKENS = 48

/** Recorded prose has 3.0 to 5.4 bytes a token, mostly 4 to 5; answers with arguments of tools 1.5 to 3.5. */
const START: BytesPerToken = { upper: 3, fair: 4.75, learned: false }
const START_WITH_TOOLS: BytesPerToken = { upper: 2, fair: 3, learned: false }
const LEAST = 1
const MOST = 5
/** Shorter answers tell nothing: a few tokens more or less are a large share of them. */
const TELLING_BYTES = 200
/** How far a denser answer pulls the figure down, and how far a lighter one pulls it up: shares of the gap. */
const FALL = 0.6
const RISE = 0.1

/** Billed beyond what was seen, as a share of it, when a model is taken to think unseen; and how slowly that is forgotten. */
const UNSEEN_SHARE = 1
const UNSEEN_LEAST_TOKENS = 100
const FADE = 0.95

/** The tokens in what was seen. */
export function outputTokensOf({ events, bytes, toolCalls }: OutputSeen, bytesPerToken: number): number {
  return Math.max(events, Math.ceil(bytes / bytesPerToken) + toolCalls * TOOL_CALL_TOKENS)
}

/** Knows nothing yet; remembers at most `capacity` models (default 1000). */
export function createOutputSizes({ capacity = 1000 }: { readonly capacity?: number } = {}): OutputSizes {
  const ratios = new LruMap<string, number>(capacity)
  const unseen = new LruMap<string, number>(capacity)
  const ratioOf = (model: string, tools: boolean): BytesPerToken => {
    const known = ratios.get(nameOf(model, tools))
    if (known === undefined) return tools ? START_WITH_TOOLS : START
    return { upper: known, fair: known, learned: true }
  }
  return {
    bytesPerToken: ratioOf,
    thinksUnseen: (model) => (unseen.get(model) ?? 0) > UNSEEN_SHARE,
    learn(model, tools, seen, tokens) {
      const shown = outputTokensOf(seen, ratioOf(model, tools).upper)
      const extra = tokens - shown > UNSEEN_LEAST_TOKENS ? (tokens - shown) / Math.max(1, shown) : 0
      const before = unseen.get(model)
      if (extra > 0 || before !== undefined) unseen.set(model, Math.max(extra, (before ?? 0) * FADE))
      if (extra > UNSEEN_SHARE || seen.bytes < TELLING_BYTES) return
      const text = Math.max(1, tokens - seen.toolCalls * TOOL_CALL_TOKENS)
      const ratio = Math.min(Math.max(seen.bytes / text, LEAST), MOST)
      const known = ratios.get(nameOf(model, tools))
      const next = known === undefined ? ratio : known + (ratio - known) * (ratio < known ? FALL : RISE)
      ratios.set(nameOf(model, tools), next)
    },
  }
}

function nameOf(model: string, tools: boolean): string {
  return tools ? `${model} with tools` : model
}
