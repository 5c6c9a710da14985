import type { Breaker } from '../../src/execution/circuit-breaker.ts'
import type { BoardEntry } from '../../src/storage/contracts/breaker-board.ts'
import { Fingerprint } from '../model/fingerprint.ts'
import { StateGraph } from '../model/state-graph.ts'
import { StateSet } from '../model/state-set.ts'
import { happenings } from './happenings.ts'
import { type Call, type Instance, STEPS, type Steps, toldAt, type World } from './world.ts'

/** What a search found. */
export interface Found {
  readonly states: number
  /** The first thing that is wrong, and a shortest way to it; null when nothing is. */
  readonly wrong: { readonly what: string; readonly how: readonly string[] } | null
}

interface Way {
  readonly what: string
  readonly before: Way | null
}

/** Walks through every way a world can go, each state once, the shortest ways first. After `most` states it gives up, and does not know whether something is stuck. */
export function search(begin: World, steps: Steps = STEPS, most = Number.POSITIVE_INFINITY): Found {
  const seen = new StateSet()
  seen.add(fingerprintOf(begin))
  const graph = new StateGraph()
  let layer: { world: World; number: number; way: Way }[] = [
    { world: begin, number: 0, way: { what: 'it begins', before: null } },
  ]
  while (layer.length > 0 && seen.size < most) {
    const next: typeof layer = []
    for (const { world, number, way } of layer) {
      const wrong = world.wrong ?? alwaysWrong(world) ?? (number % ENDED === 0 ? endsWrong(world, steps) : null)
      if (wrong) return { states: seen.size, wrong: { what: wrong, how: listed(way) } }
      if (isAtPeace(world)) graph.end(number)
      for (const [what, after] of happenings(steps, world)) {
        const known = seen.add(fingerprintOf(after))
        if (known.isNew) next.push({ world: after, number: known.number, way: { what, before: way } })
        graph.edge(number, known.number)
      }
    }
    layer = next
  }
  const stuck = layer.length > 0 ? null : graph.firstWithoutEnd(seen.size)
  const wrong = stuck === null ? null : { what: `from state ${stuck} on the breaker never closes for all`, how: [] }
  return { states: seen.size, wrong }
}

/** Of so many states one is played to its end. */
const ENDED = 20
const LONGEST_END = 200
/** What happens when nothing goes wrong any more, the first of these first. */
const IN_ORDER = [
  /hears$/,
  /^the board does what . sent/,
  /late is lost/,
  /looks$/,
  /answers well$/,
  /asks(,|$)/,
  /^time passes/,
]

/** Whether the breaker closes for all when everything that is under way arrives and the deployment is well. */
function endsWrong(world: World, steps: Steps): string | null {
  let at = world
  for (let step = 0; step < LONGEST_END; step += 1) {
    if (isAtPeace(at)) return null
    const next = [...happenings(steps, at)]
    const chosen = IN_ORDER.flatMap((what) => next.filter(([text]) => what.test(text))).at(0)
    if (!chosen) return 'nothing happens any more, and the breaker is not closed for all'
    at = chosen[1]
  }
  return 'the breaker does not close for all, though everything is well'
}

function alwaysWrong({ instances, now, hasForgotten }: World): string | null {
  let given = 0
  for (const { copy, calls } of instances) {
    const live = calls.filter((call) => isLive(call, copy, now))
    if (live.length > 1) return 'two probes of one instance are on their way'
    given += live.filter(({ isGiven }) => isGiven).length
  }
  return given > 1 && !hasForgotten ? 'two calls have leases that the board gave' : null
}

function isLive({ isProbe, epoch }: Call, { breaker }: Instance['copy'], now: number): boolean {
  return isProbe && breaker.phase === 'half-open' && breaker.epoch === epoch && breaker.until > now
}

/** The deployment is well again, everybody knows it, and nothing is under way. */
function isAtPeace({ instances, board, late }: World): boolean {
  if (late.length > 0 || (board && board.entry.phase !== 'closed')) return false
  return instances.every(
    ({ copy, sent, calls, isAway }) =>
      copy.breaker.phase === 'closed' &&
      sent.length + calls.length === 0 &&
      !isAway &&
      !copy.owed &&
      (board === null || copy.known.length === 0 || copy.known.at(-1) === board.id),
  )
}

function fingerprintOf(world: World): Fingerprint {
  const print = new Fingerprint()
  print.text(keyOf(world))
  return print.end()
}

/** The state as text: times from now, epochs from the newest of the instance, ids and ejections only as far as they differ. */
function keyOf(world: World): string {
  const { now, board, instances, late, failures, faults, hasForgotten, wrong } = world
  const ids = new Map<string, number>()
  const id = (text: string | null) => {
    if (text === null) return null
    const known = ids.get(text)
    if (known !== undefined) return known
    ids.set(text, ids.size)
    return ids.size - 1
  }
  // A name that is nowhere else any more means nothing.
  const there = new Set([
    board?.id,
    ...[...late, ...instances.flatMap(({ sent }) => sent)].flatMap(({ what, answer }) => [
      what === 'look' ? null : what.id,
      answer?.entry?.id,
    ]),
  ])
  const namesOf = (known: readonly string[]) => known.filter((name) => there.has(name)).map(id)
  // What decides nothing any more makes no different state: when ejections lengthen nothing, and how long ago a phase began that lasts its time.
  const entry = ({ phase, ejections, agoMs, forMs }: Omit<BoardEntry, 'id' | 'failures'>) => {
    const counts = failures > 0
    return [
      phase,
      counts && ejections,
      counts && phase === 'closed' && age(agoMs),
      phase !== 'closed' && Math.max(0, forMs),
    ]
  }
  const breakerOf = (breaker: Breaker) => entry({ ...breaker, agoMs: now - breaker.since, forMs: breaker.until - now })
  const told = (one: BoardEntry | null) => one && [id(one.id), ...entry(one)]
  const sentOf = (sent: World['late']) =>
    sent.map(({ what, answer }) => [
      // Of what was done and is not heard yet only the id and the answer count.
      what === 'look' ? 'look' : [id(what.id), answer === null && [...entry(what.entry), namesOf(what.known)]],
      answer && told(answer.entry),
    ])
  return JSON.stringify([
    told(toldAt(world)),
    instances.map(({ copy, isAway, sent, calls }) => {
      const { breaker, known, owed, posted, asked } = copy
      return [
        breakerOf(breaker),
        namesOf(known),
        owed,
        id(posted),
        asked && [asked.epoch - breaker.epoch, breakerOf(asked)],
        isAway,
        sentOf(sent),
        calls
          .map(({ epoch, isProbe, isGiven }) => [epoch < 0 ? 'older' : epoch - breaker.epoch, isProbe, isGiven])
          .toSorted(),
      ]
    }),
    sentOf(late),
    failures,
    faults,
    hasForgotten,
    wrong,
  ])
}

/** Ages matter up to the longest ejection that can come in a small world. */
function age(ms: number): number {
  return Math.min(ms, 90_000)
}

function listed(way: Way): readonly string[] {
  const list: string[] = []
  for (let at: Way | null = way; at; at = at.before) list.unshift(at.what)
  return list
}
