import type { Missed, Reserved } from '../stages.ts'

/**
 * Holds money for the dearest attempt that may run, on every budget the call is in. Rejects with GatewayError
 * `budget_exceeded` or `ledger_unavailable`.
 */
export async function reserve(missed: Missed): Promise<Reserved> {
  const { exchange, context, decision, principal } = missed
  let worstCase = 0n
  for (const candidate of decision.candidates) if (candidate.worstCase > worstCase) worstCase = candidate.worstCase
  const reservation = await exchange.trace.span('reserve', 'money', () =>
    exchange.engine.money.reserve({ traceId: exchange.traceId, keyId: principal.keyId, context, worstCase }),
  )
  exchange.reserved(reservation)
  return { ...missed, reservation }
}
