import { type Amounts, wholeUnits } from '../canonical/amounts.ts'
import { actsElsewhere } from '../execution/acts-elsewhere.ts'
import type { FailureHandling } from '../execution/failure-handling.ts'
import { hedgeAfterMs } from '../execution/hedge.ts'
import { firstHold } from './hold-plan.ts'
import type { Reserved } from './stages.ts'

/**
 * Holds the money for a second attempt beside the first, before that begins, where one may become necessary: of the candidates, the two that hold most. Gives
 * what says whether it is held. Where there is money for one attempt only, that one runs alone; nobody waits for more.
 */
export function holdForSecond(reserved: Reserved, { hedge }: FailureHandling): () => boolean {
  // Who has much to do already does nothing twice.
  if (hedge === null || reserved.exchange.engine.load.level !== 'normal' || !mayHedge(reserved, hedge)) return never
  const held = reserved.reservation.topUp(secondHold(reserved))
  if (typeof held === 'boolean') return held ? always : never
  let isHeld = false
  void held.then((granted) => {
    isHeld = granted
  })
  return () => isHeld
}

const always = () => true
const never = () => false

function mayHedge({ exchange, decision, request }: Reserved, hedge: NonNullable<FailureHandling['hedge']>): boolean {
  const [first, second] = decision.candidates
  if (!second || actsElsewhere(request)) return false
  const afterMs = hedgeAfterMs(hedge, first, request.stream, exchange.engine.resilience.health)
  return afterMs !== null && (decision.deadlineMs === null || afterMs < decision.deadlineMs)
}

/** What the second of two attempts holds at most: whichever two they are, the reservation has the largest hold already. */
function secondHold({ plan }: Reserved): Amounts {
  const holds = plan.decision.candidates.map((candidate) => firstHold(candidate, plan))
  const costs = holds.map(({ cost }) => cost).toSorted((one, other) => (one < other ? 1 : -1))
  const tokens = holds.map((hold) => hold.inputTokens + hold.outputTokens).toSorted((one, other) => other - one)
  return { usd: costs[1] ?? 0n, tokens: wholeUnits(tokens[1] ?? 0), requests: 0n }
}
