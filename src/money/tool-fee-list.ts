import type { Fees } from '../providers/deployment.ts'

/*
 * Fees of tools that the price data does not know.
 *
 * Code execution at Anthropic costs $0.05 an hour of a container, five minutes at least, after 1,550 free hours a month that nobody tells us of. How long a container
 * ran is not told either: one is counted for each attempt that ran code, at twelve minutes, which is longer than an attempt may take by
 * default. https://platform.claude.com/docs/en/about-claude/pricing#specific-tool-pricing (2026-11-21)
 *
 * A search by Google costs $14 a thousand from Gemini 3 on, and before that $35 a thousand answers that used any, after a number of free ones that nobody tells us of.
 * Counted are the searches, so an older model's answer may be booked too dear, never too cheap. https://ai.google.dev/gemini-api/docs/pricing (2026-11-21)
 */

/** $0.01 a session, in nano-USD per million. */
const CODE_SESSION = 10_000_000_000_000n

const GOOGLE_SEARCH = 14_000_000_000_000n
const OLD_GOOGLE_SEARCH = 35_000_000_000_000n

/** What tools cost at a provider beyond what the price data says, in nano-USD per million uses. `model` is its name in the price data. */
export function listedToolFees(provider: string, model: string): Fees {
  if (provider === 'anthropic') return { codeSessions: CODE_SESSION }
  if (provider === 'google') return { webSearches: /gemini-[12]/.test(model) ? OLD_GOOGLE_SEARCH : GOOGLE_SEARCH }
  return {}
}

/**
 * What a tool use counts where its price is not known and calls go on at a ceiling: five cents, more than any tool that a price is known for.
 */
export const UNKNOWN_TOOL_USE = 50_000_000_000_000n
