import type { ConfigInput } from '../../src/config/schema.ts'
import type { Plan, Wall } from '../../src/testing/index.ts'
import type { Chance } from './chance.ts'
import type { Prices } from './examine.ts'
import { twoProviders } from './scene.ts'

/*
 * Money for exactly so many calls. The prompt is free and a good answer is as long as the call allows, so that every good call costs exactly what was held
 * for it: then the number of calls that a budget pays for does not depend on who came when.
 */

/** Every call may say so many tokens, and a good answer says them all. */
export const ANSWER_TOKENS = 20

/** Nano-USD per token. */
export const RACE_PRICES: Prices = { input: 0n, output: 10_000n }

/** What a good call costs, in nano-USD. */
export const CALL_COST = BigInt(ANSWER_TOKENS) * RACE_PRICES.output

/** For how many calls there is money; each race is run for one of these. */
export const AFFORDABLE = [1, 7, 24, 48] as const

/** The name by which a call's budget is found. */
export function featureFor(affordable: number): string {
  return `race-${affordable}`
}

/** The configuration of the gateways of a race. A user's money is limited, and so is that of its tenant, more widely. */
export function raceConfig(wall: Wall): ConfigInput {
  const model = { price: { input_per_mtok: 0, output_per_mtok: 10 }, context: 100_000, max_output: 4_000 }
  // Nobody is late here, however slow the machine: money that a call lost on its way would not be there for another.
  const timeouts = { connect: '30s', first_byte: '30s', first_token: '30s', idle: '30s', total: '50s' }
  return {
    ...twoProviders(wall, model, timeouts),
    budgets: [
      ...AFFORDABLE.map((calls) => ({
        per: 'user' as const,
        usd: (calls * Number(CALL_COST)) / 1e9,
        window: 'month' as const,
        match: { feature: featureFor(calls) },
      })),
      { per: 'tenant', usd: 100, window: 'month' },
      { per: 'total', usd: 1_000, window: 'month' },
    ],
  }
}

/** A provider that does everything right, at different speeds. */
export function fairMood(chance: Chance): Plan {
  return {
    tokens: ANSWER_TOKENS,
    firstByteDelayMs: chance.between(0, 60),
    betweenEventsMs: chance.between(0, 4),
  }
}

/** A provider with faults: errors, broken connections, cut streams. */
export function faultyMood(chance: Chance): Plan {
  const good = fairMood(chance)
  const after = chance.between(0, 6)
  const mood = chance.fraction()
  if (mood < 0.65) return good
  if (mood < 0.77) return { fault: { kind: 'status', status: chance.pick([500, 503]) } }
  if (mood < 0.82) return { fault: { kind: 'reset' } }
  if (mood < 0.9) return { ...good, fault: { kind: 'cut', after } }
  if (mood < 0.95) return { ...good, fault: { kind: 'error-event', after } }
  return { ...good, firstByteDelayMs: chance.between(300, 800) }
}
