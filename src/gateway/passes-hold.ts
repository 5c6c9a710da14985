import type { Amounts } from '../canonical/amounts.ts'

/** Whether a call used more than was held for it: by that much it may have taken a budget beyond its limit. */
export function passesHold(used: Amounts, held: Amounts): boolean {
  return used.usd > held.usd || used.tokens > held.tokens
}
