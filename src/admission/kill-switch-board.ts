/*
 * The switches that are on, laid out so that a call pays for none of them: nothing at all when no switch is on, else one look-up for each *kind* of scope
 * that is switched (`tenant`, `tenant and user`), whatever their number.
 */
import type { KillSwitchRow } from '../storage/contracts/kill-switch-store.ts'
import { CALL_SCOPES, type KillSubject, type KillTarget, TARGET_SCOPES } from './kill-switch-scope.ts'

/** Switches whose scopes have the same names. */
interface Kind {
  /** Sorted. */
  readonly names: readonly string[]
  /** By their values, in the order of the names. */
  readonly switches: Map<string, KillSwitchRow>
}

/** An immutable set of switches. */
export class KillBoard {
  /** All that the board was made of. */
  readonly switches: readonly KillSwitchRow[]
  readonly #ofCalls: readonly Kind[]
  readonly #ofTargets: readonly Kind[]

  constructor(switches: readonly KillSwitchRow[] = []) {
    this.switches = switches
    const kinds = [...kindsOf(switches)]
    this.#ofTargets = kinds.filter(({ names }) => names.some((name) => Object.hasOwn(TARGET_SCOPES, name)))
    this.#ofCalls = kinds.filter((kind) => !this.#ofTargets.includes(kind))
  }

  /** Whether any switch is about a model or provider, so that deployments have to be looked at. */
  get hasTargets(): boolean {
    return this.#ofTargets.length > 0
  }

  /** A switch that stops a call whatever model serves it. */
  ofCall(subject: KillSubject, nowMs: number): KillSwitchRow | null {
    return find(this.#ofCalls, subject, null, nowMs)
  }

  /** A switch that keeps a deployment from serving a call. */
  ofTarget(subject: KillSubject, target: KillTarget, nowMs: number): KillSwitchRow | null {
    return find(this.#ofTargets, subject, target, nowMs)
  }
}

/** A scope that this version does not know (a newer one turned it on) matches nothing here. */
function kindsOf(switches: readonly KillSwitchRow[]): Iterable<Kind> {
  const kinds = new Map<string, Kind>()
  for (const one of switches) {
    const names = one.scope.total === true ? [] : Object.keys(one.scope).sort()
    if (!names.every((name) => Object.hasOwn(CALL_SCOPES, name) || Object.hasOwn(TARGET_SCOPES, name))) continue
    const form = names.join()
    let kind = kinds.get(form)
    if (!kind) {
      kind = { names, switches: new Map() }
      kinds.set(form, kind)
    }
    const values = keyOf(names.map((name) => String(one.scope[name])))
    const known = kind.switches.get(values)
    // Of two for the same calls the one that stays longer counts.
    if (!known || endOf(one) > endOf(known)) kind.switches.set(values, one)
  }
  return kinds.values()
}

function find(
  kinds: readonly Kind[],
  subject: KillSubject,
  target: KillTarget | null,
  nowMs: number,
): KillSwitchRow | null {
  for (const { names, switches } of kinds) {
    for (const values of valuesOf(names, subject, target)) {
      const found = switches.get(keyOf(values))
      if (found && endOf(found) > nowMs) return found
    }
  }
  return null
}

/** The values that a call has for the names of a kind: none, or one list, or one for each name that its model goes by. */
function valuesOf(
  names: readonly string[],
  subject: KillSubject,
  target: KillTarget | null,
): readonly (readonly string[])[] {
  let lists: readonly (readonly string[])[] = [[]]
  for (const name of names) {
    const value = CALL_SCOPES[name]?.(subject) ?? null
    const alternatives = value !== null ? [value] : target ? (TARGET_SCOPES[name]?.(target) ?? []) : []
    if (alternatives.length === 0) return []
    lists = lists.flatMap((list) => alternatives.map((one) => [...list, one]))
  }
  return lists
}

function keyOf(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? '') : JSON.stringify(values)
}

function endOf({ endsAt }: KillSwitchRow): number {
  return endsAt ?? Number.POSITIVE_INFINITY
}
