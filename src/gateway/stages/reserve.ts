import { GatewayError } from '../../errors/gateway-error.ts'
import type { Reservation } from '../../money/reservation.ts'
import type { Decision } from '../../policy/decision.ts'
import { tighten } from '../../policy/tighten.ts'
import type { Missed, Reserved } from '../stages.ts'

/**
 * Holds money for the dearest attempt that may run, on every budget the call is in. When that is too much and nobody asked for an
 * answer that long, a shorter one is held for. Rejects with GatewayError
 * `budget_exceeded` or `ledger_unavailable`.
 */
export async function reserve(missed: Missed): Promise<Reserved> {
  const { exchange, decision } = missed
  try {
    return { ...missed, reservation: await hold(missed, decision) }
  } catch (error) {
    const short = error instanceof GatewayError && error.code === 'budget_exceeded'
    const tight = short ? tighten(decision, exchange.engine.policy.pricing) : null
    if (!tight) throw error
    const reservation = await hold(missed, tight)
    exchange.tightened(tight)
    return { ...missed, decision: tight, reservation }
  }
}

async function hold({ exchange, context, principal }: Missed, decision: Decision): Promise<Reservation> {
  let worstCase = 0n
  for (const candidate of decision.candidates) if (candidate.worstCase > worstCase) worstCase = candidate.worstCase
  const ask = { traceId: exchange.traceId, keyId: principal.keyId, context, worstCase }
  const reservation = await exchange.trace.span('reserve', 'money', () => exchange.engine.money.reserve(ask))
  exchange.reserved(reservation)
  return reservation
}
