import { LruMap } from '../lib/lru-map.ts'

/*
 * How many tokens a prompt has, from its bytes, as an upper estimate: what is held must cover what is billed.
 *
 * tokens = bytes / bytesPerToken × 1.1 + overhead + images. Bytes per token differ by model and by text (prose 4, code 3, digits and base64 2, CJK 2 to
 * 3); the overhead is what a provider adds unseen: a few tokens a message, and its own instructions for tools (300 to 650 tokens). Both are learned for each model,
 * with and without tools apart, from what
 * providers report, lopsided on purpose: a prompt that was dearer than thought moves them far at once, a cheaper one only a little. So both settle
 * near the dearest prompts that are usual for the model, not near their mean.
 */

/** What a prompt is made of, as far as its tokens are concerned. */
export interface PromptSize {
  /** UTF-8 bytes of everything that is not an image. */
  readonly textBytes: number
  readonly images: number
  /** Whether tools are offered: a provider then adds instructions of its own. Default false. */
  readonly tools?: boolean
  /** What it has in tokens, where that is known: then nothing is estimated. */
  readonly tokens?: number
}

/** Estimates tokens of prompts, and learns. Models are told apart by the name given. */
export interface Estimator {
  /** Upper estimate of the tokens in a prompt. */
  tokens(model: string, prompt: PromptSize): number
  /** This prompt was this many tokens, as the provider counted. */
  learn(model: string, prompt: PromptSize, inputTokens: number): void
}

interface Knowledge {
  readonly bytesPerToken: number
  readonly overhead: number
}

/** With tools this covers 410 of 411 recorded chat calls of eight providers, most of them small. */
const START_WITH_TOOLS: Knowledge = { bytesPerToken: 3, overhead: 700 }
const START: Knowledge = { bytesPerToken: 3, overhead: 32 }
const MIN_BYTES_PER_TOKEN = 0.5
const MAX_BYTES_PER_TOKEN = 4.5
const MIN_OVERHEAD = 16
const MAX_OVERHEAD = 4000
const MARGIN = 1.1
/** How far a denser prompt pulls the ratio down, and how far a cheaper prompt pulls anything: shares of the gap. */
const FALL = 0.6
const RELAX = 0.02
/** Longer prompts tell how dense the text is; in shorter ones the overhead hides it, and so they tell the overhead. */
const MIN_TELLING_BYTES = 4000

const DEFAULT_IMAGE_TOKENS = 1600
/** gpt-4o-mini counts an image at 33 times the tokens: https://platform.openai.com/docs/guides/images-vision (2025-11-20) */
const IMAGE_TOKENS: readonly (readonly [prefix: string, tokens: number])[] = [['gpt-4o-mini', 48_169]]

/** An estimator that knows nothing yet. It remembers at most `maxModels` models (default 1000) and forgets the one not used for longest. */
export function createEstimator({ maxModels = 1000 }: { readonly maxModels?: number } = {}): Estimator {
  const learned = new LruMap<string, Knowledge>(maxModels)
  return {
    tokens(model, { textBytes, images, tools = false, tokens }) {
      if (tokens !== undefined) return tokens
      const { bytesPerToken, overhead } = learned.get(nameOf(model, tools)) ?? startOf(tools)
      const textTokens = Math.ceil((textBytes / bytesPerToken) * MARGIN + overhead)
      return images === 0 ? textTokens : textTokens + images * imageTokens(model)
    },
    learn(model, { textBytes, images, tools = false }, inputTokens) {
      if (images > 0 || inputTokens <= 0) return
      const known = learned.get(nameOf(model, tools)) ?? startOf(tools)
      const bytesPerToken = nextRatio(known.bytesPerToken, textBytes, inputTokens)
      const overhead = nextOverhead(known, textBytes, inputTokens)
      learned.set(nameOf(model, tools), { bytesPerToken, overhead })
    },
  }
}

function nameOf(model: string, tools: boolean): string {
  return tools ? `${model} with tools` : model
}

function startOf(tools: boolean): Knowledge {
  return tools ? START_WITH_TOOLS : START
}

function nextRatio(known: number, textBytes: number, inputTokens: number): number {
  if (textBytes < MIN_TELLING_BYTES) return known
  const seen = Math.min(Math.max(textBytes / inputTokens, MIN_BYTES_PER_TOKEN), MAX_BYTES_PER_TOKEN)
  return known + (seen - known) * (seen < known ? FALL : RELAX)
}

function nextOverhead({ bytesPerToken, overhead }: Knowledge, textBytes: number, inputTokens: number): number {
  if (textBytes >= MIN_TELLING_BYTES) return overhead
  const seen = Math.min(Math.max(inputTokens - textBytes / bytesPerToken, MIN_OVERHEAD), MAX_OVERHEAD)
  return seen > overhead ? seen : overhead + (seen - overhead) * RELAX
}

function imageTokens(model: string): number {
  return IMAGE_TOKENS.find(([prefix]) => model.startsWith(prefix))?.[1] ?? DEFAULT_IMAGE_TOKENS
}
