import { beginning, happenings, rulesOf } from './happenings.ts'
import { INSTANCE_SIDE, type InstanceSide } from './instance-side.ts'
import { alwaysWrong, wrongAtTheEnd } from './invariants.ts'
import { LEDGER_STEPS, type LedgerSteps } from './ledger-steps.ts'
import type { SmallWorld } from './small-world.ts'
import type { State } from './state.ts'
import { StateGraph } from './state-graph.ts'
import { keyOf } from './state-key.ts'
import { StateSet } from './state-set.ts'

/** What a search found. */
export interface Found {
  readonly states: number
  /** States in which nothing more happens by itself. */
  readonly ends: number
  /** The first thing that is wrong, and a shortest way to it; null when nothing is. To go on for ever is wrong too. */
  readonly wrong: { readonly what: string; readonly how: readonly string[] } | null
}

/** A state that was reached, and how. */
interface Visit {
  readonly state: State
  readonly number: number
  readonly way: Way
}

interface Way {
  readonly what: string
  readonly before: Way | null
}

/** What is walked through. */
export interface SearchOptions {
  /** Default: the real ones. */
  readonly steps?: LedgerSteps
  /** Default: the real one. */
  readonly side?: InstanceSide
  /** After so many states the search gives up. Default: never. */
  readonly most?: number
}

/** Walks through every way a world can go, each state once, the shortest ways first. */
export function search(
  world: SmallWorld,
  { steps = LEDGER_STEPS, side = INSTANCE_SIDE, most = Number.POSITIVE_INFINITY }: SearchOptions = {},
): Found {
  const rules = rulesOf(world, steps, side)
  const seen = new StateSet()
  const graph = new StateGraph()
  const begin = beginning(rules)
  let layer: Visit[] = [
    { state: begin, number: seen.add(keyOf(begin)).number, way: { what: 'it begins', before: null } },
  ]
  let ends = 0
  while (layer.length > 0 && seen.size < most) {
    const next: Visit[] = []
    for (const { state, number, way } of layer) {
      let wrong = alwaysWrong(rules, state)
      let goesOn = false
      for (const [what, after] of wrong ? [] : happenings(rules, state)) {
        const known = seen.add(keyOf(after))
        if (known.isNew) next.push({ state: after, number: known.number, way: { what, before: way } })
        // What goes wrong need not go wrong: an end is where nothing else can happen.
        if (after.faults !== state.faults || after.credits !== state.credits || after === state) continue
        goesOn = true
        graph.edge(number, known.number)
      }
      if (!goesOn) {
        ends += 1
        graph.end(number)
        wrong ??= wrongAtTheEnd(rules, state)
      }
      if (wrong) return { states: seen.size, ends, wrong: { what: wrong, how: listed(way) } }
    }
    layer = next
  }
  const circle = layer.length > 0 ? null : graph.firstWithoutEnd(seen.size)
  const wrong = circle === null ? null : { what: `from state ${circle} on it never ends`, how: [] }
  return { states: seen.size, ends, wrong }
}

function listed(way: Way): readonly string[] {
  const list: string[] = []
  for (let at: Way | null = way; at; at = at.before) list.unshift(at.what)
  return list
}
