import type { DialectName } from '../../../src/canonical/dialect-name.ts'
import type { Fault, Plan } from '../../../src/testing/index.ts'
import type { Chance } from '../chance.ts'

/*
 * What goes wrong with a stream, by name and by how often. Harmless faults change nothing about the answer; the judge does not go by this list, but by the bytes that
 * the wall wrote.
 */

/** A fault of a provider. */
interface Trouble {
  readonly name: string
  /** How often, compared with the others. */
  readonly weight: number
  plan(chance: Chance): Plan
  /** Whether it lasts until a clock of the gateway runs out. */
  readonly waits?: true
  /** Formats that cannot have it. */
  readonly not?: readonly DialectName[]
}

const only = (fault: Fault): Plan => ({ fault })
const place = (chance: Chance): number => chance.pick([0, 1, 2, 3, 5, 8, 13])

/** Everything that can be wrong. */
export const TROUBLES: readonly Trouble[] = [
  { name: 'none', weight: 12, plan: () => ({}) },
  ...(['close', 'reset', 'end'] as const).map(
    (how): Trouble => ({
      name: { close: 'cut at any byte', reset: 'reset at any byte', end: 'end at any byte' }[how],
      weight: { close: 9, reset: 4, end: 6 }[how],
      plan: (chance) => only({ kind: 'cut-at', percent: chance.happens(0.06) ? 100 : chance.fraction() * 100, how }),
    }),
  ),
  { name: 'cut between events', weight: 5, plan: (chance) => only({ kind: 'cut', after: place(chance) }) },
  { name: 'end between events', weight: 5, plan: (chance) => only({ kind: 'eof', after: place(chance) }) },
  { name: 'no last marker', weight: 4, plan: () => only({ kind: 'no-done' }) },
  { name: 'no last marker, never closed', weight: 0.4, plan: () => only({ kind: 'no-done-hang' }) },
  { name: 'error as the first event', weight: 3, plan: () => only({ kind: 'error-event', after: 'headers' }) },
  {
    name: 'error as a later event',
    weight: 5,
    plan: (chance) => only({ kind: 'error-event', after: chance.pick([0, 1, 4, 9]) }),
  },
  {
    name: 'raw error behind the events',
    weight: 4,
    plan: (chance) => only({ kind: 'error-tail', after: place(chance) }),
  },
  {
    name: 'broken event',
    weight: 4,
    plan: (chance) => only({ kind: 'malformed', after: place(chance) }),
    // A message of a binary stream is whole or wrong.
    not: ['bedrock-converse'],
  },
  {
    name: 'silence in the middle',
    weight: 0.6,
    waits: true,
    plan: (chance) => only({ kind: 'stall', after: chance.between(1, 5) }),
  },
  { name: 'silence before the first word', weight: 0.3, waits: true, plan: () => only({ kind: 'silence' }) },
  {
    name: 'comments and no first word',
    weight: 0.2,
    waits: true,
    plan: () => ({ fault: { kind: 'silence' }, commentEveryMs: 100 }),
  },
  { name: 'no reply', weight: 0.2, waits: true, plan: () => only({ kind: 'hang' }) },
  { name: 'reset before any byte', weight: 2, plan: (chance) => only({ kind: chance.pick(['reset', 'close']) }) },
  { name: 'no HTTP', weight: 1, plan: () => only({ kind: 'garbage' }) },
  {
    name: 'error status',
    weight: 4,
    plan: (chance) => only({ kind: 'status', status: chance.pick([500, 503, 429, 529]) }),
  },
  {
    name: 'error with status 200',
    weight: 1.5,
    plan: (chance) => only({ kind: chance.pick(['ok-error', 'empty-body']) }),
  },
  { name: 'compressed', weight: 0.5, plan: () => only({ kind: 'gzip' }) },
  {
    name: 'a byte or three at a time',
    weight: 1,
    // Short, or it would take minutes on a busy machine.
    plan: (chance) => {
      const chunks = ['Ü ', '世', chance.pick(['👋', '👩🏽‍🚀'])]
      return { text: chunks.join(''), chunks, fault: { kind: 'slices', bytes: chance.pick([1, 2, 3]) } }
    },
  },
  {
    name: 'a few bytes at a time',
    weight: 3,
    plan: (chance) => only({ kind: 'slices', bytes: chance.between(20, 90) }),
  },
  {
    name: 'huge event',
    weight: 0.7,
    plan: (chance) => only({ kind: 'huge-line', characters: chance.between(20_000, 120_000) }),
  },
  { name: 'comments', weight: 2, plan: () => only({ kind: 'comments' }) },
  {
    name: 'comments while it thinks',
    weight: 0.5,
    plan: () => ({ firstTokenDelayMs: 60, betweenEventsMs: 3, commentEveryMs: 10 }),
    not: ['bedrock-converse'],
  },
  { name: 'odd spelling', weight: 4, plan: (chance) => only({ kind: 'framing', ...spelling(chance) }) },
  {
    name: 'usage amiss',
    weight: 9,
    plan: (chance) => only({ kind: 'usage', how: chance.pick(['missing', 'twice', 'early', 'null', 'running']) }),
  },
  { name: 'events that say nothing', weight: 4, plan: () => only({ kind: 'empty-events' }) },
  {
    name: 'slow provider',
    weight: 3,
    plan: (chance) => ({ firstByteDelayMs: chance.between(0, 60), betweenEventsMs: chance.between(1, 4) }),
  },
]

const HARMLESS: readonly ((chance: Chance) => Fault)[] = [
  () => ({ kind: 'comments' }),
  () => ({ kind: 'empty-events', every: 3 }),
  (chance) => ({ kind: 'framing', ...spelling(chance) }),
  (chance) => ({ kind: 'slices', bytes: chance.between(20, 90) }),
]

/** A fault for a provider of that format, and now and then a harmless one with it. Where none `mayWait`, none is in place of those that do. */
export function anyTrouble(
  chance: Chance,
  dialect: DialectName,
  mayWait: boolean,
): { readonly name: string; readonly plan: Plan } {
  const possible = TROUBLES.filter(({ not }) => !not?.includes(dialect))
  let left = chance.fraction() * possible.reduce((sum, { weight }) => sum + weight, 0)
  const trouble = possible.find(({ weight }) => {
    left -= weight
    return left < 0
  })
  const plan = trouble?.plan(chance) ?? {}
  if (trouble?.waits && !mayWait) return { name: 'none', plan: {} }
  const { fault } = plan
  if (!fault || !('kind' in fault) || !chance.happens(0.25)) return { name: trouble?.name ?? 'none', plan }
  const more = chance.pick(HARMLESS)(chance)
  // A byte at a time of something large would take for ever.
  if (fault.kind === 'huge-line' || more.kind === fault.kind) return { name: trouble?.name ?? 'none', plan }
  return { name: trouble?.name ?? 'none', plan: { ...plan, fault: [fault, more] } }
}

function spelling(chance: Chance) {
  return {
    lineEnding: chance.pick(['\n', '\r\n', '\r'] as const),
    noSpace: chance.happens(0.5),
    byteOrderMark: chance.happens(0.3),
    manyLines: chance.happens(0.4),
  }
}
