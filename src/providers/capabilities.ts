import type { Capability } from '../canonical/capability.ts'

/*
 * What models cannot do, by family. Only what is known to be missing is listed: a model that nobody listed is trusted with everything, and the
 * operator's own word (`models.NAME.lacks` of a provider) counts more. Context windows and output caps come from the price book.
 */

/** A family of models that lack the same. */
export interface CapabilityRow {
  /** Matches the model's own name, without the vendor before it. */
  readonly models: RegExp
  /** What the pattern stands for, for people. */
  readonly title: string
  readonly lacks: readonly Capability[]
  /** Where this was read, and when. */
  readonly source: { readonly url: string; readonly date: string }
}

/** The first row that matches counts. */
export const CAPABILITY_ROWS: readonly CapabilityRow[] = [
  {
    models: /^gpt-3\.5/,
    title: 'GPT-3.5',
    lacks: ['images', 'audio', 'files', 'json_schema', 'reasoning'],
    source: { url: 'https://platform.openai.com/docs/models/gpt-3.5-turbo', date: '2026-11-21' },
  },
]

/** What a model is known not to do; nothing for one that nobody listed. `model` is the upstream's name, such as `meta-llama/llama-3.1-8b`. */
export function lacksOf(model: string): readonly Capability[] {
  const name = model.slice(model.lastIndexOf('/') + 1).toLowerCase()
  return CAPABILITY_ROWS.find(({ models }) => models.test(name))?.lacks ?? []
}
