/*
 * Usage: what is billed.
 *
 * Cohere tells two counts. `tokens` is everything that went through the model, with a preamble of a thousand tokens that Cohere puts in front and
 * marks that nobody sees; `billed_units` is what is charged for (https://docs.cohere.com/docs/how-does-cohere-pricing-work, read 2026-11-21). The counters
 * are for money, so they are the billed ones. `cached_tokens` are a part of `tokens`, mostly of that preamble, and cost the same: they can be more than
 * the whole billed prompt, and are no counter. The reasoning is a part of the output, at most all that is billed of it. The whole object stays in `raw`.
 *
 * A host that speaks this format and bills nobody gives `tokens` alone; those count then.
 *
 * `cache_read_tokens` and `cache_write_tokens` of `billed_units` are ours: Cohere has no such counts, and an answer of another vendor told in
 * this format keeps them there.
 */
import { inputTokens, outputTokens, type Usage } from '../../canonical/usage.ts'
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'

/** The `usage` object of an answer. Counters that are not given are absent. */
export function decodeUsage(raw: JsonObject): Usage {
  const tokens = isObject(raw.tokens) ? raw.tokens : {}
  const billed = isObject(raw.billed_units) ? raw.billed_units : {}
  const isBilled = count(billed.input_tokens) !== undefined || count(billed.output_tokens) !== undefined
  const counts = isBilled ? billed : tokens
  const input = count(counts.input_tokens)
  const output = count(counts.output_tokens)
  const read = count(isBilled ? billed.cache_read_tokens : raw.cached_tokens)
  const written = count(billed.cache_write_tokens)
  const thought = count(tokens.reasoning_tokens)
  const reasoning = thought === undefined ? undefined : Math.min(thought, output ?? thought)
  return {
    ...(input === undefined ? {} : { inputUncached: Math.max(0, input - (read ?? 0) - (written ?? 0)) }),
    ...(read === undefined ? {} : { cacheRead: read }),
    ...(written === undefined ? {} : { cacheWrite5m: written }),
    ...(output === undefined ? {} : { outputText: output - (reasoning ?? 0) }),
    ...(reasoning === undefined ? {} : { reasoning }),
    raw,
  }
}

/** Usage in Cohere's words: what is billed, and the same as tokens. */
export function encodeUsage(usage: Usage): JsonObject {
  const counts = { input_tokens: inputTokens(usage), output_tokens: outputTokens(usage) }
  const written = (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0)
  return {
    billed_units: {
      ...counts,
      ...(usage.cacheRead === undefined ? {} : { cache_read_tokens: usage.cacheRead }),
      ...(usage.cacheWrite5m === undefined && usage.cacheWrite1h === undefined ? {} : { cache_write_tokens: written }),
    },
    tokens: { ...counts, ...(usage.reasoning === undefined ? {} : { reasoning_tokens: usage.reasoning }) },
  }
}

function count(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value) ? Math.ceil(value) : undefined
}
