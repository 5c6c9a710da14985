/*
 * Places where the same tokens cost more.
 *
 * Anthropic: a call that asks for inference in the US (`inference_geo`) costs 10 % more on Claude 4.6 and later models; the answer says where it was computed.
 * https://platform.claude.com/docs/en/about-claude/pricing#data-residency-pricing (2026-11-21)
 *
 * OpenAI: an endpoint of a region (eu.api.openai.com) costs 10 % more on models released since 2026-03-05.
 * https://developers.openai.com/api/docs/pricing (2026-11-21)
 *
 * Amazon has a name, and a row in the price data, for each place. Of other providers nothing is known.
 */

const TEN_PERCENT = 10n

const CLAUDE_4_6_AND_LATER =
  /^claude-(?:(?:opus|sonnet)-4-[6-9]|(?:opus|sonnet|haiku|fable|mythos)-(?:[5-9]|\d\d))(?:-|$)/
const GPT_SINCE_MARCH_2026 = /^gpt-(?:5\.[4-9]|[6-9])/
const REGIONAL_HOST = /^([a-z]{2})\.api\.openai\.com$/

/** How much more tokens of a model cost, in percent, by the place that a call may ask for; undefined when it costs the same everywhere. */
export function listedUplifts(provider: string, model: string): Readonly<Record<string, bigint>> | undefined {
  return provider === 'anthropic' && CLAUDE_4_6_AND_LATER.test(model) ? { us: TEN_PERCENT } : undefined
}

/** The place that an endpoint stands for, and how much more a model costs there, in percent; null when nothing is known to differ. */
export function endpointUplift(
  provider: string,
  model: string,
  baseUrl: string,
): { readonly place: string; readonly percent: bigint } | null {
  if (provider !== 'openai' || !GPT_SINCE_MARCH_2026.test(model) || !URL.canParse(baseUrl)) return null
  const place = REGIONAL_HOST.exec(new URL(baseUrl).hostname)?.[1]
  return place === undefined ? null : { place, percent: TEN_PERCENT }
}
