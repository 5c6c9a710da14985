import { setImmediate } from 'node:timers/promises'
import { holderOf } from '../../admission/limit-rule.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import type { LimitSection, SourcedLimit } from '../../gateway/limit-sections.ts'
import { durationText } from '../../lib/duration.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { parseJson } from '../../lib/json.ts'
import type { LimitUse } from '../../storage/contracts/limit-store.ts'
import type { PageAsk } from './ask.ts'
import { type MatchView, matchView } from './match-view.ts'

/*
 * The list of limits is a look at numbers that move: it is made anew for each page, section by section, and a page begins behind the place at which the one before
 * ended. A row that moves meanwhile may be on two pages or on none. What has no use is listed only where the configuration knows the value;
 * of millions of users nobody wants to read the idle ones.
 */

/** A limit and one value that it counts, as the admin API shows it. */
export type LimitRow = {
  /** `{ tenant: 'acme' }`, `{ tenant: 'acme', user: 'u1' }`, `{ total: true }`. */
  readonly scope: Readonly<Record<string, string | true>>
  readonly unit: 'requests' | 'tokens' | 'concurrency'
  /** `1m`, `1h`; null for concurrency. */
  readonly window: string | null
  readonly limit: number
  readonly used: number
  readonly left: number
  /** ISO time at which all of it is back if nobody comes; null when nothing is counted, and for concurrency. */
  readonly resets_at: string | null
  /** Only calls with these values count; empty is all. */
  readonly match: MatchView
  readonly on_limit: 'reject' | 'queue' | 'downgrade'
  readonly from: string
}

/** What pages are made from. */
export interface LimitRowsOptions {
  readonly sections: readonly LimitSection[]
  readonly counts: House['limits']['counts']
  /** ms since 1970. */
  readonly nowMs: number
}

/** Where a row stands: in its section the busiest first. */
interface Place {
  readonly section: number
  /** Used of the limit; 1 is all of it. */
  readonly share: number
  readonly value: string
}

interface PlacedRow {
  readonly place: Place
  readonly row: LimitRow
}

/** Rows that are shown of the values that a section does not list. */
const MOST_OTHERS = 100
/** Values that are looked at for them: where limits are shared, other instances may have counted more on them than this one. */
const CANDIDATES = 1_000

/** One page, and the cursor of the next. Throws GatewayError `invalid_request` for a cursor that is none. */
export async function limitPage(
  { sections, counts, nowMs }: LimitRowsOptions,
  { limit, cursor }: PageAsk,
): Promise<{ readonly rows: readonly LimitRow[]; readonly nextCursor: string | null }> {
  const after = cursor === undefined ? null : placeOf(cursor)
  const found: PlacedRow[] = []
  for (const [index, section] of sections.entries()) {
    if (after && index < after.section) continue
    if (found.length > limit) break
    // To look through tens of thousands of users takes milliseconds: calls come in between.
    await setImmediate()
    const rows = await rowsOf(section, index, { counts, nowMs })
    found.push(...rows.filter(({ place }) => !after || inOrder(after, place) < 0))
  }
  const page = found.slice(0, limit)
  const last = found.length > limit ? page.at(-1) : undefined
  return { rows: page.map(({ row }) => row), nextCursor: last ? cursorAfter(last.place) : null }
}

async function rowsOf(
  { listed, others }: LimitSection,
  section: number,
  { counts, nowMs }: Pick<LimitRowsOptions, 'counts' | 'nowMs'>,
): Promise<readonly PlacedRow[]> {
  const limits = new Map(listed)
  const count = others?.rule.rate ?? others?.rule.slots
  if (others && count)
    for (const value of counts.busiest(count, CANDIDATES)) if (!limits.has(value)) limits.set(value, others)
  const looks = [...limits].flatMap(([value, { rule }]) => {
    const looked = rule.rate ?? rule.slots
    return looked ? [{ rule: looked, value }] : []
  })
  const uses = await counts.peek(looks)
  let shown = 0
  return looks
    .flatMap(({ value }, index): readonly PlacedRow[] => {
      const [limit, use] = [limits.get(value), uses[index]]
      if (!limit || !use || (use.used === 0 && !listed.has(value))) return []
      const { amount } = limit.rule.policy
      const share = amount === 0 ? 1 : use.used / amount
      return [{ place: { section, share, value }, row: rowOf(limit, value, use, nowMs) }]
    })
    .sort((left, right) => inOrder(left.place, right.place))
    .filter(({ place: { value } }) => listed.has(value) || shown++ < MOST_OTHERS)
}

function rowOf(
  { rule, from }: SourcedLimit,
  value: string,
  { used, left, resetMs }: LimitUse,
  nowMs: number,
): LimitRow {
  const { unit, windowMs, amount, match, onLimit } = rule.policy
  return {
    scope: holderOf(rule, value),
    unit,
    window: windowMs === null ? null : durationText(windowMs),
    limit: amount,
    used,
    left,
    resets_at: resetMs ? isoTime(nowMs + resetMs) : null,
    match: matchView(match),
    on_limit: onLimit.action,
    from,
  }
}

function inOrder(left: Place, right: Place): number {
  if (left.section !== right.section) return left.section - right.section
  if (left.share !== right.share) return right.share - left.share
  if (left.value === right.value) return 0
  return left.value < right.value ? -1 : 1
}

function cursorAfter({ section, share, value }: Place): string {
  return Buffer.from(JSON.stringify([section, share, value])).toString('base64url')
}

function placeOf(cursor: string): Place {
  const parts = parseJson(Buffer.from(cursor, 'base64url').toString('utf8'))
  if (Array.isArray(parts)) {
    const [section, share, value] = parts
    if (typeof section === 'number' && typeof share === 'number' && typeof value === 'string')
      return { section, share, value }
  }
  throw new GatewayError('invalid_request', 'The cursor is not one that this list gave; start again without it.', {
    param: 'cursor',
  })
}
