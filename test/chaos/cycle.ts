import type { MadeCall } from './call.ts'
import type { Chance } from './chance.ts'
import { eventually } from './eventually.ts'
import { type UpstreamCall, withoutRow, wrongBooks, wrongRows } from './examine.ts'
import type { Harm } from './harm.ts'
import { lent, readBooks, rowsOf } from './ledger-view.ts'
import type { Load } from './load.ts'
import { EVENT_COST, PRICES, upstreamCalls } from './scene.ts'
import type { Stand } from './stand.ts'

/** What came of one cycle. */
export interface Cycle {
  readonly number: number
  readonly harm: string
  readonly made: readonly MadeCall[]
  readonly upstream: readonly UpstreamCall[]
  readonly presumed: number
  /** From the blow until every gateway served again, in ms. */
  readonly servingAfterMs: number
  /** From the last call until every upstream call had its row, in ms. */
  readonly bookedAfterMs: number
  /** When the last call was over, on the monotonic clock. */
  readonly quietAtMs: number
  readonly problems: readonly string[]
}

/** The tenant of a cycle's calls. */
export function tenantOf(cycle: number): string {
  return `c${cycle}`
}

/** Runs one cycle: load, harm under load, healing, quiet, judgement. */
export async function runCycle(
  number: number,
  harm: Harm,
  { stand, load, chance }: { readonly stand: Stand; readonly load: Load; readonly chance: Chance },
): Promise<Cycle> {
  const problems: string[] = []
  stand.wall.clear()
  load.begin(tenantOf(number))
  await load.begun(chance.between(5, 60))
  const struckAt = performance.now()
  await harm.strike(stand, chance).catch((error: unknown) => problems.push(`${harm.name}: ${messageOf(error)}`))
  problems.push(...(await untilServing(stand, load)))
  const servingAfterMs = performance.now() - struckAt
  const made = await load.end()
  if (!(await eventually(async () => stand.wall.calls.every(({ outcome }) => outcome !== 'open'))))
    problems.push('calls to providers go on a minute after their callers are gone')
  const quietAtMs = performance.now()
  const upstream = upstreamCalls(stand.wall)
  await eventually(
    async () => withoutRow({ upstream, rows: await rowsOf(stand.database, tenantOf(number)) }).length === 0,
  )
  const bookedAfterMs = performance.now() - quietAtMs
  const rows = await rowsOf(stand.database, tenantOf(number))
  problems.push(
    ...wrongRows({ made, upstream, rows }, PRICES),
    ...wrongBooks(await readBooks(stand.database), EVENT_COST),
  )
  for (const gateway of stand.gateways)
    if (!gateway.alive()) problems.push(`${gateway.name} ended by itself: ${gateway.lastWords()}`)
  const presumed = rows.filter(({ status }) => status === 'presumed_spent').length
  return { number, harm: harm.name, made, upstream, presumed, servingAfterMs, bookedAfterMs, quietAtMs, problems }
}

/** Every gateway answers a call again, within a minute. */
async function untilServing({ gateways }: Stand, load: Load): Promise<string[]> {
  const problems = gateways.map(async (gateway) => {
    const served = await eventually(async () => (await load.tryOne(gateway))?.seen === 'whole')
    return served ? [] : [`${gateway.name} does not serve a minute after: ${gateway.lastWords()}`]
  })
  return (await Promise.all(problems)).flat()
}

/** Waits until no money is lent and no place taken. Gives how long it took, and what was still lent or taken after a minute. */
export async function untilNothingIsHeld(
  stand: Stand,
): Promise<{ readonly ms: number; readonly left: readonly string[] }> {
  const started = performance.now()
  let left: readonly string[] = []
  await eventually(async () => {
    left = [...(await lent(stand.database)), ...(await stand.placesTaken())]
    return left.length === 0
  })
  return { ms: performance.now() - started, left }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
