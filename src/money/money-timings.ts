/** How often the money room does what, and how long it waits. All in ms. */
export interface MoneyTimings {
  /** Between heartbeats while the ledger answers. */
  readonly heartbeatMs: number
  /** Between looks whether the ledger answers, and whether others are short of money that is free here. */
  readonly probeMs: number
  /** Silence after which an instance may be taken for dead. */
  readonly leaseMs: number
  /** Between looks for dead instances. */
  readonly recoverMs: number
  /** Between looks for slices that are not needed. */
  readonly sweepMs: number
  /** How long a call waits for its hold when the store has to be asked. */
  readonly holdWaitMs: number
  /** How long a call that is short of money waits for other instances to give back what they have free. */
  readonly recallWaitMs: number
  /** How long until the store is asked again for a call that is short. */
  readonly recallAgainMs: number
  /** How long a caller waits for its settlement. */
  readonly settleWaitMs: number
  /** The first pause after a failed settlement; doubles up to `settleMostPauseMs`. */
  readonly settlePauseMs: number
  readonly settleMostPauseMs: number
  /** How long `close` waits for settlements. */
  readonly closeWaitMs: number
}

/** A dead instance's money is back after at most lease + recover = 40 s; a silent ledger refuses calls within half a second. */
export const DEFAULT_TIMINGS: MoneyTimings = {
  heartbeatMs: 5_000,
  probeMs: 500,
  leaseMs: 30_000,
  recoverMs: 10_000,
  sweepMs: 2_000,
  holdWaitMs: 450,
  recallWaitMs: 1_500,
  recallAgainMs: 150,
  settleWaitMs: 5_000,
  settlePauseMs: 50,
  settleMostPauseMs: 2_000,
  closeWaitMs: 10_000,
}
