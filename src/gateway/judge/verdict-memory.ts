import { createHash } from 'node:crypto'
import type { Complexity } from '../../canonical/call-words.ts'
import type { Clock } from '../../lib/clock.ts'
import { LruMap } from '../../lib/lru-map.ts'

const MOST_VERDICTS = 20_000
const MOST_TENANTS = 5_000
/** So many failures one after another, and the judge is left alone for a while: every call would wait for nothing. */
const MOST_FAILURES = 3
const REST_MS = 30_000

/** What judges said, for each tenant apart, and how well they answer. It outlives a version of the configuration, and has a bound. */
export class VerdictMemory {
  readonly #clock: Clock
  readonly #verdicts = new LruMap<string, { readonly complexity: Complexity; readonly untilMs: number }>(MOST_VERDICTS)
  readonly #failures = new LruMap<string, { readonly count: number; readonly untilMs: number }>(MOST_TENANTS)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What a judge said of a text, while that counts; null when nothing is remembered. */
  recall(key: string): Complexity | null {
    const known = this.#verdicts.get(key)
    return known && known.untilMs > this.#clock.monotonic() ? known.complexity : null
  }

  keep(key: string, complexity: Complexity, forMs: number): void {
    if (forMs > 0) this.#verdicts.set(key, { complexity, untilMs: this.#clock.monotonic() + forMs })
  }

  /** Whether a tenant's judge is left alone, because it did not answer several times. */
  rests(tenantId: string): boolean {
    return (this.#failures.get(tenantId)?.untilMs ?? 0) > this.#clock.monotonic()
  }

  /** Notes whether a tenant's judge answered. After a rest one failure is enough for the next. */
  note(tenantId: string, answered: boolean): void {
    if (answered) {
      this.#failures.delete(tenantId)
      return
    }
    const count = (this.#failures.get(tenantId)?.count ?? 0) + 1
    const untilMs = count < MOST_FAILURES ? 0 : this.#clock.monotonic() + REST_MS
    this.#failures.set(tenantId, { count, untilMs })
  }
}

/** Names what was asked of a judge for a tenant, without keeping a word of it. */
export function verdictKey(tenantId: string, judge: string, text: string): string {
  return createHash('sha256')
    .update(JSON.stringify([tenantId, judge, text]))
    .digest('base64url')
}
