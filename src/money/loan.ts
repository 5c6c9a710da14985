import type { Billionths } from '../canonical/amounts.ts'
import type { SliceGrant, SliceRequest } from '../storage/contracts/ledger-store.ts'
import type { Slice } from './slice.ts'

/*
 * What is asked of the store for those who wait, and what its answer means for each of them. Nothing here waits or changes anything.
 *
 * One loan is asked for all who wait, at least for what the first of them needs. So the answer says for sure only what the first is short of: whether other
 * instances are asked to give back follows from that. Who needs more of some budget than the first is not told before it has been the first itself.
 */

/** Somebody who waits. */
export interface Need {
  /** Of each slice. */
  readonly needs: readonly Billionths[]
  /** What it holds already of each slice: a call that runs and needs more; null for one that wants to begin. */
  readonly holds: readonly Billionths[] | null
}

/** What the store was asked for of a slice, and what it said. */
export interface Told {
  readonly request: SliceRequest
  readonly grant: SliceGrant
}

/** What somebody is short of. */
export interface ShortOf {
  /** Which slice: of several that are short the one that stays so for longest. */
  readonly index: number
  /** What the budget has for this instance. */
  readonly available: Billionths
  /** Whether more may come, of each slice that is short. */
  readonly hope: boolean
  /** Whether the answer says so of each slice that is short. */
  readonly sure: boolean
}

/** What to ask for of each slice; null where there is enough for all. */
export function loanFor(
  slices: readonly Slice[],
  asking: readonly Pick<Need, 'needs'>[],
  atMs: number,
): readonly (SliceRequest | null)[] {
  return slices.map((slice, index) => {
    const first = asking[0]?.needs[index] ?? 0n
    const total = asking.reduce((sum, { needs }) => sum + (needs[index] ?? 0n), 0n)
    if (total === 0n || slice.free >= total) return null
    const atLeast = first > slice.free ? first - slice.free : 0n
    return { window: slice.window, atLeast, wanted: total - slice.free + slice.cushion(total, atMs) }
  })
}

/** The answers by slice, in the order of the requests; null for those that were not asked for. */
export function toldOf(
  requests: readonly (SliceRequest | null)[],
  grants: readonly SliceGrant[],
): readonly (Told | null)[] {
  const rest = grants.values()
  return requests.map((request) => {
    const grant = request ? rest.next().value : undefined
    return request && grant ? { request, grant } : null
  })
}

/** What somebody is short of after the store has answered; null when there is enough, or it was not asked. */
export function shortOf(
  slices: readonly Slice[],
  { needs, holds }: Need,
  told: readonly (Told | null)[],
): ShortOf | null {
  const lent = told.every((one) => one === null || one.grant.granted >= one.request.atLeast)
  let index = -1
  let hope = true
  let sure = true
  for (const [at, slice] of slices.entries()) {
    const answer = told[at]
    const need = needs[at] ?? 0n
    if (!answer || need === 0n || slice.free + answer.grant.left >= need) continue
    const { request, grant } = answer
    const isSure = !lent && grant.left < request.atLeast
    const others = holds !== null && slice.held > (holds[at] ?? 0n)
    hope &&= !isSure || grant.recalled || slice.loans > 0 || slice.returning !== null || others
    sure &&= isSure
    if (index < 0 || slice.window.endsAt > (slices[index]?.window.endsAt ?? 0)) index = at
  }
  if (index < 0) return null
  return { index, available: (slices[index]?.free ?? 0n) + (told[index]?.grant.left ?? 0n), hope, sure }
}
