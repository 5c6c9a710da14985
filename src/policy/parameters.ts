import type { Adjustment, Candidate, SetParameters } from './decision.ts'
import type { ParameterLimits, TaskPolicy } from './policy-input.ts'

/** A parameter that says nothing. */
export const NO_SAY: ParameterLimits = { default: null, max: null }

/** What a call says of its parameters. */
export interface AskedParameters {
  readonly temperature?: number | undefined
  readonly topP?: number | undefined
  readonly maxOutputTokens?: number | undefined
  readonly requiresJson?: boolean | undefined
}

/** What is set where policy has no say. */
export const NOTHING_SET: SetParameters = {}

const UNADJUSTED: readonly Adjustment[] = []

/** The parameters that policy sets or clamps: for most calls none. */
export function setParameters(
  asked: AskedParameters,
  task: Pick<TaskPolicy, 'parameters' | 'responseFormat'> | null,
): SetParameters {
  if (!task) return NOTHING_SET
  const limits = task.parameters
  const isJson = task.responseFormat === 'json' && !asked.requiresJson
  const temperature = used(asked.temperature, limits.temperature)
  const topP = used(asked.topP, limits.topP)
  if (temperature === null && topP === null && !isJson) return NOTHING_SET
  return {
    ...(temperature === null ? {} : { temperature }),
    ...(topP === null ? {} : { topP }),
    ...(isJson ? { responseFormat: { type: 'json' } } : {}),
  }
}

/** The value to send instead of what the call has; null leaves it alone. */
function used(asked: number | undefined, limits: ParameterLimits): number | null {
  if (asked === undefined) return limits.default
  return limits.max !== null && asked > limits.max ? limits.max : null
}

/** What was set or changed, for receipts. */
export function adjustmentsOf(asked: AskedParameters, set: SetParameters, first: Candidate): readonly Adjustment[] {
  const isCapped = first.cappedBy !== 'call'
  if (set === NOTHING_SET && !isCapped) return UNADJUSTED
  const adjustments: Adjustment[] = []
  const { temperature = null, topP = null, maxOutputTokens = null } = asked
  if (set.temperature !== undefined) {
    adjustments.push({ parameter: 'temperature', asked: temperature, used: set.temperature, by: 'task' })
  }
  if (set.topP !== undefined) adjustments.push({ parameter: 'top_p', asked: topP, used: set.topP, by: 'task' })
  if (isCapped) {
    const { maxOutputTokens: used, cappedBy: by } = first
    adjustments.push({ parameter: 'max_output_tokens', asked: maxOutputTokens, used, by })
  }
  return adjustments
}
