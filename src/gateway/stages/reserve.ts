import { type Amounts, type Billionths, ONE_UNIT, wholeUnits } from '../../canonical/amounts.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { Reservation } from '../../money/reservation.ts'
import type { Decision } from '../../policy/decision.ts'
import { tighten } from '../../policy/tighten.ts'
import type { Missed, Reserved } from '../stages.ts'

/** Refusals that a shorter answer may do without. */
const SHORT: ReadonlySet<string> = new Set(['budget_exceeded', 'quota_exceeded', 'rate_limited'])

/**
 * Holds money for the dearest attempt that may run, on every budget the call is in. When that is too much and nobody asked for an
 * answer that long, a shorter one is held for. Rejects with GatewayError
 * `budget_exceeded`, `quota_exceeded`, `rate_limited` or `ledger_unavailable`.
 */
export async function reserve(missed: Missed): Promise<Reserved> {
  const { exchange, decision } = missed
  try {
    return { ...missed, reservation: await hold(missed, decision) }
  } catch (error) {
    const short = error instanceof GatewayError && SHORT.has(error.code)
    const tight = short ? tighten(decision, exchange.engine.policy.pricing) : null
    if (!tight) throw error
    const reservation = await hold(missed, tight)
    exchange.tightened(tight)
    return { ...missed, decision: tight, reservation }
  }
}

async function hold({ exchange, context, principal }: Missed, decision: Decision): Promise<Reservation> {
  const ask = { traceId: exchange.traceId, keyId: principal.keyId, context, worstCase: worstCaseOf(decision) }
  const reservation = await exchange.trace.span('reserve', 'money', () => exchange.engine.money.reserve(ask))
  exchange.reserved(reservation)
  return reservation
}

/** The most that one attempt can use: of each unit, by the candidate that may use most of it. */
function worstCaseOf({ candidates, answers }: Decision): Amounts {
  let usd: Billionths = 0n
  let tokens = 0
  for (const { worstCase, inputTokens, maxOutputTokens } of candidates) {
    if (worstCase > usd) usd = worstCase
    tokens = Math.max(tokens, inputTokens + maxOutputTokens * answers)
  }
  return { usd, tokens: wholeUnits(tokens), requests: ONE_UNIT }
}
