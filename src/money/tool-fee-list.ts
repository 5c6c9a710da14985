import type { Fees } from '../providers/deployment.ts'

/*
 * Fees of tools that the price data does not know.
 *
 * Code execution at Anthropic costs $0.05 an hour of a container, five minutes at least, after 1,550 free hours a month that nobody tells us of. How long a container
 * ran is not told either: one is counted for each attempt that ran code, at twelve minutes, which is longer than an attempt may take by
 * default. https://platform.claude.com/docs/en/about-claude/pricing#specific-tool-pricing (2026-11-21)
 */

/** $0.01 a session, in nano-USD per million. */
const CODE_SESSION = 10_000_000_000_000n

/** What tools cost at a provider beyond what the price data says, in nano-USD per million uses. */
export function listedToolFees(provider: string): Fees {
  return provider === 'anthropic' ? { codeSessions: CODE_SESSION } : {}
}

/**
 * What a tool use counts where its price is not known and calls go on at a ceiling: five cents, more than any tool that a price is known for.
 */
export const UNKNOWN_TOOL_USE = 50_000_000_000_000n
