import type { Complexity } from '../canonical/call-words.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { ResponseMode } from '../config/sections/allowances.ts'
import type { CallSignals } from '../policy/call-facts.ts'
import type { OfferedTool } from '../policy/offered-tool.ts'
import { offeredTools } from './offered-tools.ts'
import { stablePrefix } from './stable-prefix.ts'
import type { Authenticated } from './stages.ts'

/** What rules may ask about a call beside its context: found out when they do. */
export class AskedSignals implements CallSignals {
  /** What was found out so far, and is kept with the call. */
  readonly known: { complexity?: Complexity; budgetUsed?: number | null; prefix?: string } = {}
  readonly #call: Authenticated

  constructor(call: Authenticated) {
    this.#call = call
  }

  prefix(): string {
    this.known.prefix ??= stablePrefix(this.#call.request)
    return this.known.prefix
  }

  responseMode(): ResponseMode {
    return responseModeOf(this.#call.request)
  }

  tools(): readonly OfferedTool[] {
    return offeredTools(this.#call.request, this.#call.original?.body ?? null)
  }

  documents(): number | null {
    return this.#call.request.documents?.length ?? null
  }

  complexity(): Complexity {
    const { exchange, request, context, judged } = this.#call
    const { complexityJudge, complexityOf } = exchange.engine
    this.known.complexity ??= judged ?? complexityJudge?.recall(context.tenantId, request) ?? complexityOf(request)
    return this.known.complexity
  }

  budgetUsed(): number | null {
    const { exchange, context, principal } = this.#call
    this.known.budgetUsed = exchange.engine.money.budgetUsed({ context, keyId: principal.keyId })
    return this.known.budgetUsed
  }
}

/** How the answer is asked for. */
export function responseModeOf({ responseFormat }: CanonicalRequest): ResponseMode {
  const type = responseFormat?.type ?? 'text'
  return type === 'json-schema' ? 'json_schema' : type
}

/** Whether the answer is to be JSON. */
export function asksForJson({ responseFormat }: CanonicalRequest): boolean {
  return responseFormat !== undefined && responseFormat.type !== 'text'
}
