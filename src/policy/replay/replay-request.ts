import type { NanoUsd } from '../../canonical/money.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { CallSignals } from '../call-facts.ts'
import type { RouteAsk } from '../route.ts'
import type { KnownSignals } from './asked-record.ts'
import type { SupposedSignals } from './supposed.ts'

/** A request that was made, as far as it can be decided again. */
export interface ReplayRequest {
  readonly traceId: string
  /** ms since 1970; null when it is not known. */
  readonly createdAt: number | null
  /** What was asked. Plan, residency and a task that is only named as the model are the policy's, and are filled in by each. */
  readonly ask: RouteAsk
  /** What the answer used; null when there was none. */
  readonly usage: Usage | null
  readonly recorded: Recorded
}

/** What became of it then. */
export interface Recorded {
  /** `provider/model` that answered; null when none did. */
  readonly model: string | null
  /** Whether it was refused before any attempt, by this code. */
  readonly refusal: string | null
  /** Whether another than the first choice answered. */
  readonly fellBack: boolean
  /** Null when it is not known. */
  readonly cost: NanoUsd | null
  readonly latencyMs: number | null
}

/** Thrown when a rule asks for something about a request that was not recorded, because no rule asked for it then. */
export class NotRecorded extends Error {
  readonly attribute: string

  constructor(attribute: string) {
    super(`the request does not say its ${attribute}`)
    this.name = 'NotRecorded'
    this.attribute = attribute
  }
}

type Known = Omit<KnownSignals, 'tools'> & { readonly tools: readonly string[] | null }

/** What was found out about a request, for those who ask again. */
export class RecordedSignals implements CallSignals {
  readonly #known: Known
  readonly #traceId: string
  readonly #supposed: SupposedSignals
  readonly #missing: Set<string>

  /** `tools: null`: they are not known. `supposed` stands in for what is not on record; whatever is asked and is not there is put into `missing`. */
  constructor(known: Known, traceId: string, supposed: SupposedSignals = {}, missing: Set<string> = new Set()) {
    this.#known = known
    this.#traceId = traceId
    this.#supposed = supposed
    this.#missing = missing
  }

  /** The same, with something supposed. */
  supposing(supposed: SupposedSignals, missing: Set<string>): RecordedSignals {
    return new RecordedSignals(this.#known, this.#traceId, supposed, missing)
  }

  /** Without a record each request has a prefix of its own: replicas then get their even shares. */
  prefix(): string {
    return this.#known.prefix ?? this.#traceId
  }

  responseMode(): KnownSignals['responseMode'] {
    return this.#known.responseMode
  }

  tools(): ReturnType<CallSignals['tools']> {
    const tools = this.#known.tools ?? this.#notRecorded<readonly string[]>('tools', undefined)
    return tools.map((name) => ({ name, path: 'tools' }))
  }

  documents(): number | null {
    return this.#known.documents
  }

  complexity(): ReturnType<CallSignals['complexity']> {
    return this.#known.complexity ?? this.#notRecorded('complexity', this.#supposed.complexity)
  }

  budgetUsed(): number | null {
    const { budgetUsed } = this.#known
    return budgetUsed === undefined ? this.#notRecorded('budget_used', this.#supposed.budgetUsed) : budgetUsed
  }

  #notRecorded<Value>(attribute: string, supposed: Value | undefined): Value {
    this.#missing.add(attribute)
    if (supposed === undefined) throw new NotRecorded(attribute)
    return supposed
  }
}
