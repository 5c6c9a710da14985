import { beginning, happenings, rulesOf } from './happenings.ts'
import { alwaysWrong, wrongAtTheEnd } from './invariants.ts'
import type { LedgerSteps } from './ledger-steps.ts'
import type { SmallWorld } from './small-world.ts'
import type { State } from './state.ts'
import { keyOf } from './state-key.ts'
import { StateSet } from './state-set.ts'

/** What a search found. */
export interface Found {
  readonly states: number
  /** States in which nothing more happens by itself. */
  readonly ends: number
  /** The first thing that is wrong, and a shortest way to it; null when nothing is. */
  readonly wrong: { readonly what: string; readonly how: readonly string[] } | null
}

/** A state that was reached, and how. */
interface Visit {
  readonly state: State
  readonly way: Way
}

interface Way {
  readonly what: string
  readonly before: Way | null
}

/** Walks through every way a world can go, each state once, the shortest ways first. */
export function search(world: SmallWorld, steps: LedgerSteps, most = Number.POSITIVE_INFINITY): Found {
  const rules = rulesOf(world, steps)
  const begin = beginning(rules)
  const seen = new StateSet()
  seen.add(keyOf(begin))
  let layer: Visit[] = [{ state: begin, way: { what: 'it begins', before: null } }]
  let ends = 0
  while (layer.length > 0 && seen.size < most) {
    const next: Visit[] = []
    for (const { state, way } of layer) {
      let wrong = alwaysWrong(rules, state)
      let goesOn = false
      for (const [what, after] of wrong ? [] : happenings(rules, state)) {
        // What goes wrong need not go wrong: an end is where nothing else can happen.
        goesOn ||= after.faults === state.faults && after.credits === state.credits && after !== state
        if (seen.add(keyOf(after))) next.push({ state: after, way: { what, before: way } })
      }
      if (!goesOn) {
        ends += 1
        wrong ??= wrongAtTheEnd(rules, state)
      }
      if (wrong) return { states: seen.size, ends, wrong: { what: wrong, how: listed(way) } }
    }
    layer = next
  }
  return { states: seen.size, ends, wrong: null }
}

function listed(way: Way): readonly string[] {
  const list: string[] = []
  for (let at: Way | null = way; at; at = at.before) list.unshift(at.what)
  return list
}
