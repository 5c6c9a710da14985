import type { CallContext, Principal } from '../../access/context.ts'
import type { Complexity } from '../../canonical/call-words.ts'
import type { CanonicalRequest } from '../../canonical/request.ts'

/** A call that is to be judged. */
export interface CallToGrade {
  readonly request: CanonicalRequest
  readonly context: CallContext
  readonly principal: Principal
  /** Whether its caller is still there. */
  readonly signal: AbortSignal
}

/** What came of asking a judge. */
export interface Judgement {
  /** Null: the scorer is to answer. */
  readonly complexity: Complexity | null
  readonly by: 'model' | 'memory' | 'scorer'
  /** Why there is no verdict; null when there is one. */
  readonly why: string | null
  /** Of the judge's own call; null when there was none. */
  readonly traceId: string | null
  /** Of the judge's own call, as far as it is known. */
  readonly costUsd: number | null
}

/** The model that judges how hard calls are, of one version of the configuration. */
export interface ComplexityJudge {
  /** How long it may take at most. */
  readonly timeoutMs: number
  /** What it said of the same question of the same tenant; null when nothing is remembered. Nobody is asked. */
  recall(tenantId: string, request: CanonicalRequest): Complexity | null
  /** Asks it. Never rejects, and takes hardly longer than it may. */
  ask(call: CallToGrade, withinMs: number): Promise<Judgement>
}
