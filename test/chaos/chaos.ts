import { Chance } from './chance.ts'
import { type Cycle, runCycle, tenantOf, untilNothingIsHeld } from './cycle.ts'
import { LIMIT_MS } from './eventually.ts'
import { wrongBooks } from './examine.ts'
import { HARMS, type Harm } from './harm.ts'
import { lent, readBooks } from './ledger-view.ts'
import { Load } from './load.ts'
import { anyMood, EVENT_COST, moodOf, sceneConfig } from './scene.ts'
import { openStand, type Stand } from './stand.ts'

/** How much chaos, and which. */
export interface ChaosOptions {
  readonly cycles: number | 'one of each'
  readonly seed: number
  /** No cycle begins later. Default: no limit. */
  readonly mostMs?: number
  /** Default 3. */
  readonly gateways?: number
  /** Default: every kind. */
  readonly harms?: readonly Harm[]
  /** A kind that takes long is done once in so many cycles. Default 50. */
  readonly rareEvery?: number
  readonly onCycle?: (cycle: number, harm: string) => void
  /** See `StandOptions`. */
  readonly onClose?: (close: () => Promise<void>) => void
}

/** What came of it. */
export interface ChaosReport {
  readonly cycles: readonly Cycle[]
  /** Kinds of harm that were left out, and why. */
  readonly leftOut: readonly string[]
  /** The longest that money of a quiet cycle was seen lent, in ms. */
  readonly longestLentMs: number
  /** Starts of gateways that had to be repeated because the ledger did not answer in time. */
  readonly restarts: number
  /** What was wrong at the very end, when everybody had closed. */
  readonly problems: readonly string[]
}

/** Runs cycles until one finds something wrong, or all are done. Rejects when the stand cannot be built. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, onClose } = options
  const chance = new Chance(seed)
  const stand = await openStand({
    gateways: options.gateways ?? 3,
    config: sceneConfig,
    smallDisks: true,
    redis: true,
    ...(onClose ? { onClose } : {}),
  })
  try {
    stand.wall.plan(moodOf(seed, anyMood))
    const { gateways, key } = stand
    const load = new Load({ gateways, key, chance, callers: 8, mostCalls: 300 })
    const leftOut: string[] = []
    const possible = (options.harms ?? HARMS).filter(({ name, missing }) => {
      const why = missing(stand)
      if (why !== null) leftOut.push(`${name}: ${why}`)
      return why === null
    })
    const started = performance.now()
    const cycles: Cycle[] = []
    const quiet = new QuietCycles()
    for (const harm of schedule(possible, options, chance)) {
      if (performance.now() - started > (options.mostMs ?? Number.POSITIVE_INFINITY)) break
      const number = cycles.length + 1
      options.onCycle?.(number, harm.name)
      const cycle = await runCycle(number, harm, { stand, load, chance })
      const problems = [
        ...cycle.problems,
        ...quiet.look(cycle, [...(await lent(stand.database)), ...(await stand.placesTaken())]),
      ]
      cycles.push({ ...cycle, problems })
      if (problems.length > 0) break
    }
    const failed = cycles.some(({ problems }) => problems.length > 0)
    const problems = failed ? [] : await lastJudgement(stand, quiet)
    const restarts = gateways.reduce((sum, gateway) => sum + gateway.restarts(), 0)
    return { cycles, leftOut, longestLentMs: quiet.longestMs, restarts, problems }
  } finally {
    await stand.close()
  }
}

/** Every kind of harm as often as every other, in an order of chance; what takes long now and then. */
function* schedule(harms: readonly Harm[], { cycles, rareEvery = 50 }: ChaosOptions, chance: Chance): Iterable<Harm> {
  const rare = harms.filter((harm) => harm.rare)
  let deck: Harm[] = []
  const last = cycles === 'one of each' ? harms.length - rare.length : cycles
  for (let number = 1; number <= last; number += 1) {
    const long = number % rareEvery === 0 ? rare[(number / rareEvery - 1) % rare.length] : undefined
    if (deck.length === 0) deck = chance.shuffled(harms.filter((harm) => !harm.rare))
    const next = long ?? deck.pop()
    if (next) yield next
  }
}

/** Cycles whose calls are over and whose tenants had money or places when last looked at. */
class QuietCycles {
  readonly #since = new Map<string, number>()
  longestMs = 0

  /** Takes a cycle in, and gives the tenants that have had money or places for longer than they may. `keys` are those of what is lent and taken now. */
  look(cycle: Pick<Cycle, 'number' | 'quietAtMs'>, keys: readonly string[]): string[] {
    this.#since.set(tenantOf(cycle.number), cycle.quietAtMs)
    const holders = new Set(keys.flatMap((key) => /(?:tenant=|:)(c\d+)\b/.exec(key)?.[1] ?? []))
    const problems: string[] = []
    for (const [tenant, sinceMs] of this.#since) {
      const ms = performance.now() - sinceMs
      if (!holders.has(tenant)) this.#since.delete(tenant)
      else if (ms > LIMIT_MS)
        problems.push(`${tenant}: money is lent, or a place taken, ${Math.round(ms / 1000)} s after its last call`)
      if (holders.has(tenant)) this.longestMs = Math.max(this.longestMs, ms)
    }
    return problems
  }
}

/** Everybody rests, then everybody closes: nothing is lent, the books are right, nothing stays open. */
async function lastJudgement(stand: Stand, quiet: QuietCycles): Promise<string[]> {
  const { ms, left } = await untilNothingIsHeld(stand)
  quiet.longestMs = Math.max(quiet.longestMs, ms)
  const problems = left.map((key) => `${key}: lent or taken a minute after the last call`)
  problems.push(...wrongBooks(await readBooks(stand.database), EVENT_COST))
  await stand.database.leave()
  const codes = await Promise.all(stand.gateways.map((gateway) => gateway.end('SIGTERM')))
  if (codes.some((code) => code !== 0)) problems.push(`gateways ended with ${codes} after SIGTERM`)
  const files = await stand.dispatchFiles()
  if (files > 0) problems.push(`${files} dispatch files are left after everybody closed`)
  if ((await stand.database.pid()) !== null) problems.push('PostgreSQL runs on after everybody closed')
  return problems
}
