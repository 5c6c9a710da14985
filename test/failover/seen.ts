/** What a caller saw of one call. A reply that ends without an error is a success to it, whole or not. */
export interface CallSeen {
  readonly outcome: 'success' | 'error' | 'hang'
  readonly text: string
  /** The model that the reply names. */
  readonly model: string | null
  /** Whether the reply says what was used. */
  readonly usage: boolean
  readonly error: string | null
  readonly ms: number
}

/** One call that reached the provider. */
export interface AttemptSeen {
  readonly role: 'primary' | 'fallback'
  /** Milliseconds after the first of all calls of the fault. */
  readonly atMs: number
  readonly status: number | null
  /** How it ended for the provider: `completed`, `error`, `aborted`, … */
  readonly outcome: string
}

/** One call of a sequence. */
export interface StepSeen {
  /** Milliseconds after the first one. */
  readonly atMs: number
  readonly seen: CallSeen
}

/** All that is known of one fault: what the caller saw, and what the provider did. */
export interface FaultSeen {
  /** The call; of a sequence, the one that went worst. */
  readonly call: CallSeen
  readonly whole: boolean
  readonly primary: readonly AttemptSeen[]
  readonly fallback: readonly AttemptSeen[]
  /** Calls that the provider refused because they ended with words of the assistant. */
  readonly prefillRefusals: number
  /** Whether a healthy call worked afterwards. */
  readonly alive: boolean
  /** The model that should have answered when the primary could not. */
  readonly fallbackModel: string
  /** For sequences only. */
  readonly steps: readonly StepSeen[]
  /** For sequences only: when the primary was well again, and when it was used again; milliseconds after the first call. */
  readonly wellAtMs: number
  readonly usedAgainAtMs: number | null
}
