import type { NanoUsd } from '../../canonical/money.ts'
import type { Usage } from '../../canonical/usage.ts'
import type { CallSignals } from '../call-facts.ts'
import type { RouteAsk } from '../route.ts'
import type { KnownSignals } from './asked-record.ts'

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

/** What was found out about a request, for those who ask again. */
export class RecordedSignals implements CallSignals {
  readonly #known: Omit<KnownSignals, 'tools'> & { readonly tools: readonly string[] | null }
  readonly #traceId: string

  /** `tools: null`: they are not known. */
  constructor(known: Omit<KnownSignals, 'tools'> & { readonly tools: readonly string[] | null }, traceId: string) {
    this.#known = known
    this.#traceId = traceId
  }

  /** Without a record each request has a prefix of its own: replicas then get their even shares. */
  prefix(): string {
    return this.#known.prefix ?? this.#traceId
  }

  responseMode(): KnownSignals['responseMode'] {
    return this.#known.responseMode
  }

  tools(): ReturnType<CallSignals['tools']> {
    if (this.#known.tools === null) throw new NotRecorded('tools')
    return this.#known.tools.map((name) => ({ name, path: 'tools' }))
  }

  documents(): number | null {
    return this.#known.documents
  }

  complexity(): ReturnType<CallSignals['complexity']> {
    if (this.#known.complexity === undefined) throw new NotRecorded('complexity')
    return this.#known.complexity
  }

  budgetUsed(): number | null {
    if (this.#known.budgetUsed === undefined) throw new NotRecorded('budget_used')
    return this.#known.budgetUsed
  }
}
