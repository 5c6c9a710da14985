import type { Amounts, Billionths } from '../../src/canonical/amounts.ts'
import { attemptLine, readLine } from '../../src/money/dispatch-line.ts'
import { closedWith } from '../../src/money/money.contract.ts'
import type { Settlement } from '../../src/storage/contracts/ledger-store.ts'
import { arrive, free, grow } from './lending-steps.ts'
import { rowOf, type SmallCall } from './small-world.ts'
import { type CallState, type Happening, type Rules, type State, withAsk, withCall } from './state.ts'

/*
 * A call's way: it comes, holds, is noted and sent, may hold more, ends, and is told when the books have it.
 */

/** What calls can do next. */
export function callHappenings(rules: Rules, state: State): readonly Happening[] {
  return state.calls.flatMap((call, index): readonly Happening[] => {
    const known = rules.world.calls[index]
    if (!known || !state.instances[known.instance].alive) return []
    const name = `c${index}`
    if (call.stage === 'new') {
      if (known.comesWith !== undefined) return []
      const coming = rules.world.calls.flatMap(({ comesWith, holds }, call) =>
        call === index || comesWith === index ? [{ call, needs: needsOf(rules, holds) }] : [],
      )
      return [[`${name} comes`, arrive(rules, state, coming, known.instance)]]
    }
    if (call.stage === 'held') return [[`${name} is sent`, send(rules, state, index, known)]]
    if (call.stage !== 'sent') return []
    const end: Happening = [`${name} ends`, finish(rules, state, index, known)]
    if (known.more === null || call.grew !== null) return [end]
    return [end, [`${name} wants more`, wantMore(rules, state, index, known, known.more)]]
  })
}

/** What a call needs of each window. */
export function needsOf({ windows }: Rules, amounts: Amounts): readonly Billionths[] {
  return windows.map(({ unit }) => amounts[unit])
}

/** Notes the attempt and sends it, unless the hold is backed by nothing any more: its instance may have been taken for dead. */
function send(rules: Rules, state: State, index: number, known: SmallCall): State {
  const instance = state.instances[known.instance]
  const { held, heldBy } = state.calls[index] as CallState
  if (!rules.side.isBacked(heldBy, instance.id, instance.trusted)) {
    const given = withCall(state, index, { stage: 'unavailable', held: [] })
    return free(rules, given, known.instance, held, [])
  }
  return withCall(noted(rules, state, index, known.holds, instance.id), index, { stage: 'sent', wasSent: true })
}

/** A stream needs more than was held: it is noted again, then held, then used. */
function wantMore(rules: Rules, state: State, index: number, known: SmallCall, more: Amounts): State {
  const instance = state.instances[known.instance]
  if (!instance.trusted) return withCall(state, index, { grew: false })
  const most = { usd: known.holds.usd + more.usd, tokens: known.holds.tokens + more.tokens, requests: 0n }
  const larger = noted(rules, state, index, most, instance.id)
  return grow(rules, larger, known.instance, index, needsOf(rules, more))
}

/** The call is over: what it cost goes to the books. */
function finish(rules: Rules, state: State, index: number, known: SmallCall): State {
  const spent = spentOf(known, state.calls[index]?.grew ?? null)
  const needs = needsOf(rules, spent)
  const held = state.calls[index]?.held ?? []
  const excuses = state.excuses.map((excuse, at) => {
    const over = (needs[at] ?? 0n) - (held[at] ?? 0n)
    return over > 0n ? excuse + over : excuse
  })
  const settling = withCall({ ...state, excuses }, index, { stage: 'settling' })
  const next = rules.side.freesEarly
    ? free(rules, withCall(settling, index, { held: [] }), known.instance, held, needs)
    : settling
  return withAsk(next, known.instance, { do: 'settle', call: index, settlement: settlementOf(rules, index, spent) })
}

/** What a call costs. One that asked for more and did not get it is cut; one that never asks may cost more than it held. */
export function spentOf({ holds, more, spends }: SmallCall, grew: boolean | null): Amounts {
  if (grew || more === null) return spends
  const least = (one: bigint, other: bigint): bigint => (one > other ? other : one)
  return { usd: least(holds.usd, spends.usd), tokens: least(holds.tokens, spends.tokens), requests: 0n }
}

function settlementOf(rules: Rules, index: number, spent: Amounts): Settlement {
  return once(rules, `c${index} cost ${spent.usd} ${spent.tokens}`, () => {
    const row = rowOf(index, spent, 'completed')
    return { ...closedWith(row), postings: rules.side.postingsOf(rules.windows, rules.side.spentBy([row])) }
  })
}

/** What recovery would read of the line that is written. */
function presumedOf(rules: Rules, index: number, bound: Amounts): Settlement {
  return once(rules, `c${index} at most ${bound.usd} ${bound.tokens}`, () => {
    const line = readLine(attemptLine(rowOf(index, bound, 'presumed_spent'), rules.windows))
    if (!line || !('attempt' in line)) throw new Error('a line that was just written can be read')
    return line.attempt
  })
}

function once({ settlements }: Rules, name: string, make: () => Settlement): Settlement {
  const known = settlements.get(name) ?? make()
  settlements.set(name, known)
  return known
}

/** The line of an attempt is in its instance's dispatch file: as it is written, and read by whoever finds it. */
function noted(rules: Rules, state: State, index: number, bound: Amounts, id: string): State {
  const file = state.files.get(id) ?? { lines: new Map(), booked: false, deleted: false }
  if (file.deleted || !rules.side.notes) return state
  const lines = new Map(file.lines).set(index, presumedOf(rules, index, bound))
  return { ...state, files: new Map(state.files).set(id, { ...file, lines }) }
}
