import type { Clock } from '../lib/clock.ts'
import type { AlertStore } from '../storage/contracts/alert-store.ts'
import type { LedgerReader, TokenGrowthRow, TokenScope } from '../storage/contracts/ledger-reader.ts'
import { scopeText } from '../storage/protocol/scope-text.ts'
import type { Alert } from './alert.ts'

/*
 * Who suddenly uses many more tokens than before: the last window against the mean of the seven before it. The ledger is asked, because no instance alone
 * knows what all have used; of all instances one asks, a few times in each window. Who used nothing in the seven windows before is new, and has not grown.
 */

/** When growth is worth an alert. */
export interface TokenGrowthPolicy {
  readonly factor: number
  readonly windowMs: number
  readonly per: TokenScope
}

/** What the watch needs. */
export interface TokenGrowthOptions {
  /** Asked each time, so that a reload takes effect; null watches nothing. */
  readonly policy: () => TokenGrowthPolicy | null
  readonly reader: Pick<LedgerReader, 'tokenGrowth'>
  readonly store: Pick<AlertStore, 'claim'>
  readonly raise: (alert: Alert) => void
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: { warn(facts: object, message: string): void }
}

const TICK_MS = 1_000
const CHECKS_PER_WINDOW = 12
const MOST_PAUSE_MS = 300_000

/** Starts to watch; the timer does not keep the process alive. Gives the function that ends it. */
export function watchTokenGrowth(options: TokenGrowthOptions): () => void {
  const { policy, reader, store, raise, clock, log } = options
  let checkedAtMs = Number.NEGATIVE_INFINITY
  let checking = false

  async function check(): Promise<void> {
    const wanted = policy()
    if (!wanted) return
    const pauseMs = Math.min(Math.max(wanted.windowMs / CHECKS_PER_WINDOW, TICK_MS), MOST_PAUSE_MS)
    if (clock.monotonic() - checkedAtMs < pauseMs) return
    checkedAtMs = clock.monotonic()
    // A little less, so that a whole turn is not lost to a tick that came a moment early.
    if (!(await store.claim('token_growth', pauseMs * 0.9))) return
    for (const row of await reader.tokenGrowth(wanted)) raise(alertOf(row, wanted))
  }

  const timer = setInterval(() => {
    if (checking) return
    checking = true
    check()
      .catch((error: unknown) => log.warn({ err: error }, 'could not look for token growth'))
      .finally(() => {
        checking = false
      })
  }, TICK_MS)
  timer.unref()
  return () => clearInterval(timer)
}

function alertOf({ scope, tokens, usualTokens }: TokenGrowthRow, { windowMs }: TokenGrowthPolicy): Alert {
  const times = tokens / usualTokens
  return {
    key: `token_growth/${scopeText(scope)}`,
    kind: 'token_growth',
    scope,
    message: `${scopeText(scope)} used ${tokens} tokens in the last ${windowMs / 1000} s, ${times.toFixed(1)} times the usual ${Math.round(usualTokens)}.`,
    details: { tokens, usual_tokens: usualTokens, window_ms: windowMs },
    quietMs: windowMs,
  }
}
