import type { Complexity } from '../canonical/call-words.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { CallSignals } from '../policy/call-facts.ts'
import type { Authenticated } from './stages.ts'

/** What rules may ask about a call beside its context: found out when they do. */
export class AskedSignals implements CallSignals {
  readonly #call: Authenticated

  constructor(call: Authenticated) {
    this.#call = call
  }

  requiresJson(): boolean {
    return asksForJson(this.#call.request)
  }

  documents(): number | null {
    const { original } = this.#call
    const documents = original?.body.documents
    return Array.isArray(documents) ? documents.length : null
  }

  complexity(): Complexity {
    return this.#call.exchange.engine.complexityOf(this.#call.request)
  }

  budgetUsed(): number | null {
    const { exchange, context, principal } = this.#call
    return exchange.engine.money.budgetUsed({ context, keyId: principal.keyId })
  }
}

/** Whether the answer is to be JSON. */
export function asksForJson({ responseFormat }: CanonicalRequest): boolean {
  return responseFormat !== undefined && responseFormat.type !== 'text'
}
