import {
  answered,
  asking,
  BLANK,
  type BoardCopy,
  changed,
  decided,
  entryOf,
  posting,
  seen,
  unanswered,
} from '../../src/execution/board-copy.ts'
import { type BreakerSettings, reduce } from '../../src/execution/circuit-breaker.ts'
import { acceptedBy } from '../../src/storage/contracts/breaker-board.contract.ts'
import type { BoardEntry } from '../../src/storage/contracts/breaker-board.ts'

/*
 * A small world: one deployment, a few instances, a board. Instances send posts and looks over one connection each, on which answers come in order;
 * requests and answers may be under way for any time, a connection may break (what was sent on it is then done late or never, and not answered), an instance may die and begin anew, the board may
 * forget. The functions are those of the gateway; what is here is who calls them when.
 */

/** The functions that are tried out; a test plants bugs in them. */
export const STEPS = { answered, asking, changed, decided, posting, seen, unanswered, acceptedBy, reduce }

/** See above. */
export type Steps = typeof STEPS

/** One failure opens a breaker: more would make more states, not other ones. */
export const SETTINGS: BreakerSettings = { failures: 1, p95Ms: null, openForMs: 30_000 }

/** Time goes by in steps of this. */
export const STEP_MS = 30_000

/** What is on the board; times are the world's. */
export interface Standing {
  readonly id: string
  readonly entry: BoardEntry
  readonly at: number
}

/** What an instance sent. */
export interface Sent {
  readonly what: 'look' | { readonly id: string; readonly entry: BoardEntry; readonly known: readonly string[] }
  /** What the board answered: nothing yet, or what stands there. */
  readonly answer: { readonly entry: BoardEntry | null } | null
}

/** A call that runs at an instance. */
export interface Call {
  readonly epoch: number
  readonly isProbe: boolean
  /** Whether the board gave the lease, and not the instance to itself. */
  readonly isGiven: boolean
}

/** One instance. */
export interface Instance {
  readonly copy: BoardCopy
  readonly isAway: boolean
  readonly sent: readonly Sent[]
  readonly calls: readonly Call[]
}

/** The world at one moment. */
export interface World {
  readonly now: number
  readonly board: Standing | null
  readonly instances: readonly Instance[]
  /** Posts of connections that broke, which the board may still do. */
  readonly late: readonly Sent[]
  readonly ids: number
  /** What may still happen that nobody wants. */
  readonly failures: number
  readonly faults: number
  readonly isPlain: boolean
  readonly hasForgotten: boolean
  /** What was wrong in the step that led here. */
  readonly wrong: string | null
}

/** Which of the things that are not wanted, or not needed, a world has. */
export interface Size {
  readonly instances: number
  /** Calls that fail. */
  readonly failures: number
  /** Connections that break, instances that die, boards that forget. */
  readonly faults: number
  /** Plain: only the first instance makes calls that are no probes, and probes are neither renewed nor given up by their callers. */
  readonly isPlain: boolean
}

/** How a world begins. */
export function beginning({ instances, failures, faults, isPlain }: Size): World {
  const instance: Instance = { copy: BLANK, isAway: false, sent: [], calls: [] }
  return {
    now: 0,
    board: null,
    instances: Array.from({ length: instances }, () => instance),
    late: [],
    ids: 0,
    failures,
    faults,
    isPlain,
    hasForgotten: false,
    wrong: null,
  }
}

/** What stands on the board, as it is told now. */
export function toldAt({ board, now }: World): BoardEntry | null {
  if (!board) return null
  const passed = now - board.at
  return { ...board.entry, agoMs: board.entry.agoMs + passed, forMs: board.entry.forMs - passed }
}

/** The world with one instance changed. */
export function withInstance(world: World, index: number, change: Partial<Instance>): World {
  return { ...world, instances: world.instances.map((one, at) => (at === index ? tidy({ ...one, ...change }) : one)) }
}

/** Calls of older epochs are all alike: one of each kind is kept. */
function tidy(instance: Instance): Instance {
  const { epoch } = instance.copy.breaker
  const calls = instance.calls.map((call) => (call.epoch < epoch ? { ...call, epoch: OLDER, isGiven: false } : call))
  const kinds = new Map(calls.map((call) => [`${call.epoch}/${call.isProbe}`, call]))
  return { ...instance, calls: [...kinds.values()] }
}

const OLDER = -1

/** Posts what an instance owes, as the gateway does after everything that changes something. */
export function sending(steps: Steps, world: World, index: number): World {
  const instance = world.instances[index]
  if (!instance?.copy.owed || instance.copy.posted !== null || instance.isAway) return world
  const id = `i${world.ids}`
  const copy = steps.posting(instance.copy, id)
  return posted({ ...world, ids: world.ids + 1 }, index, copy, id, copy.breaker)
}

/** The world in which a post is under way. */
export function posted(world: World, index: number, copy: BoardCopy, id: string, breaker: BoardCopy['breaker']): World {
  const entry = entryOf(id, breaker, world.now)
  const sent = [...(world.instances[index]?.sent ?? []), { what: { id, entry, known: copy.known }, answer: null }]
  return withInstance(world, index, { copy, sent })
}

/** What the board does with a request. */
export function done(
  steps: Steps,
  world: World,
  { what }: Sent,
): { readonly world: World; readonly answer: Sent['answer'] } {
  if (what === 'look') return { world, answer: { entry: toldAt(world) } }
  const isAccepted = steps.acceptedBy(world.board, what)
  const after = isAccepted ? { ...world, board: { id: what.id, entry: what.entry, at: world.now } } : world
  return { world: after, answer: { entry: toldAt(after) } }
}
