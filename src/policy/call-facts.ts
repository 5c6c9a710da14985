import type { CallContext } from '../access/context.ts'
import type { Complexity } from '../canonical/call-words.ts'
import type { ResponseMode } from '../config/sections/allowances.ts'
import type { CallFacts } from './conditions.ts'
import type { OfferedTool } from './offered-tool.ts'
import type { CompiledTask, Policy } from './policy.ts'
import type { PromptSize } from './prompt-size.ts'

/** What can be asked about a call beside its context; each answer may cost something, so it is asked when a rule wants it. */
export interface CallSignals {
  /** Names the beginning of the prompt that other calls have too. */
  prefix(): string
  /** How the answer is asked for. */
  responseMode(): ResponseMode
  /** The tools that it offers. */
  tools(): readonly OfferedTool[]
  /** How many documents the call carries; null for none. */
  documents(): number | null
  complexity(): Complexity
  /** The share of the fullest budget that is used, 0 to 1; null when nothing is known. */
  budgetUsed(): number | null
}

/** A call of which nothing is known. */
export const NO_SIGNALS: CallSignals = {
  prefix: () => '',
  responseMode: () => 'text',
  tools: () => [],
  documents: () => null,
  complexity: () => ({ label: 'simple', score: 0 }),
  budgetUsed: () => null,
}

/** A call, as far as rules look at it. */
export interface CallToJudge {
  readonly context: CallContext
  readonly prompt: PromptSize
  readonly signals?: CallSignals | undefined
}

/** The facts of one call for the rules of a task, each found out once. */
export function factsOf(ask: CallToJudge, task: CompiledTask, { pricing }: Policy): CallFacts {
  const signals = ask.signals ?? NO_SIGNALS
  const [first] = task.steps
  return {
    context: ask.context,
    inputTokens: once(() => (first ? pricing.estimateInput(first.deployment, ask.prompt) : 0)),
    requiresJson: () => signals.responseMode() !== 'text',
    documents: () => signals.documents(),
    complexity: once(() => signals.complexity()),
    budgetUsed: once(() => signals.budgetUsed()),
  }
}

function once<Value>(find: () => Value): () => Value {
  let found: { readonly value: Value } | null = null
  return () => {
    found ??= { value: find() }
    return found.value
  }
}
