import { isObject, type JsonValue, parseJson } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'
import type { Plan } from './plan.ts'
import { planFromName } from './plan-name.ts'
import type { WallCall } from './wall-call.ts'

/** A plan, or its name. */
export type PlanOrName = Plan | string

/** What decides: the same for every call, one after another, or a function (undefined leaves it to the model's name). */
export type Script = PlanOrName | readonly PlanOrName[] | ((call: WallCall) => PlanOrName | undefined)

/** The header by which a client's configuration can name a plan, or give one as JSON. */
export const PLAN_HEADER = 'x-wall-plan'

/**
 * Finds the plan of each call: the script first, then the header, then the model's name, then the default.
 * A list is used up call by call; after its end the others decide.
 */
export class PlanSource {
  readonly #fallback: PlanOrName | undefined
  #script: Script | null = null
  #used = 0
  readonly #firsts = new Map<string, { calls: number; since: number }>()

  constructor(fallback: PlanOrName | undefined) {
    this.#fallback = fallback
  }

  /** Replaces the script; null removes it. Counts for `times` and `forMs` start anew. */
  use(script: Script | null): void {
    this.#script = script
    this.reset()
  }

  /** Starts the counts for `times` and `forMs` anew. */
  reset(): void {
    this.#used = 0
    this.#firsts.clear()
  }

  /** The plan of a call. Throws BadRequest when a name or a header is not one. */
  planFor(call: WallCall, nowMs: number): Plan {
    const header = call.headers[PLAN_HEADER]
    const plan =
      this.scripted(call) ??
      (header === undefined ? undefined : planOf(header.trimStart().startsWith('{') ? jsonPlan(header) : header)) ??
      (call.model === null ? null : planFromName(call.model)) ??
      (this.#fallback === undefined ? {} : planOf(this.#fallback))
    return this.#isOver(plan, call, nowMs) ? healed(plan) : plan
  }

  /** What the script says of a call; undefined leaves it to headers and names. */
  scripted(call: WallCall): Plan | undefined {
    const script = this.#script
    if (script === null) return undefined
    if (typeof script === 'function') {
      const given = script(call)
      return given === undefined ? undefined : planOf(given)
    }
    if (typeof script === 'string' || !isList(script)) return planOf(script)
    const next = script[this.#used++]
    return next === undefined ? undefined : planOf(next)
  }

  /** Whether the plan held for earlier calls only. */
  #isOver(plan: Plan, call: WallCall, nowMs: number): boolean {
    if (plan.times === undefined && plan.forMs === undefined) return false
    const key = `${plan.name ?? ''} ${call.model ?? ''}`
    const first = this.#firsts.get(key) ?? { calls: 0, since: nowMs }
    this.#firsts.set(key, first)
    first.calls++
    return (
      first.calls > (plan.times ?? Number.POSITIVE_INFINITY) ||
      nowMs - first.since >= (plan.forMs ?? Number.POSITIVE_INFINITY)
    )
  }
}

/** The plan without what goes wrong. */
function healed(plan: Plan): Plan {
  const { fault: _fault, raw: _raw, firstByteDelayMs: _first, firstTokenDelayMs: _token, ...rest } = plan
  return rest
}

function isList(script: Plan | readonly PlanOrName[]): script is readonly PlanOrName[] {
  return Array.isArray(script)
}

function planOf(given: PlanOrName): Plan {
  if (typeof given !== 'string') return given
  const plan = planFromName(given)
  if (!plan) throw new BadRequest(`The wall knows no plan "${given}".`)
  return plan
}

/** A plan written as JSON. Throws BadRequest when it is not an object; its fields are trusted, this is a test tool. */
export function jsonPlan(json: string | JsonValue): Plan {
  const value = typeof json === 'string' ? parseJson(json) : json
  if (!isObject(value)) throw new BadRequest('A plan is a JSON object or the name of a plan.')
  return value as Plan
}
