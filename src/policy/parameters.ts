import type { Adjustment, Candidate, SetParameters } from './decision.ts'
import type { ParameterLimits, TaskPolicy } from './policy-input.ts'

/** A parameter that says nothing. */
export const NO_SAY: ParameterLimits = { default: null, max: null }

/** What a call says of its parameters. */
export interface AskedParameters {
  readonly temperature?: number
  readonly topP?: number
  readonly maxOutputTokens?: number
  readonly requiresJson?: boolean
}

const NOTHING: SetParameters = {}

/** The parameters that policy sets or clamps: for most calls none. */
export function setParameters(
  asked: AskedParameters,
  task: Pick<TaskPolicy, 'parameters' | 'responseFormat'> | null,
): SetParameters {
  if (!task) return NOTHING
  const limits = task.parameters
  const isJson = task.responseFormat === 'json' && !asked.requiresJson
  const temperature = used(asked.temperature, limits.temperature)
  const topP = used(asked.topP, limits.topP)
  if (temperature === null && topP === null && !isJson) return NOTHING
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
  const adjustments: Adjustment[] = []
  const note = (parameter: Adjustment['parameter'], was: number | undefined, used: number, by: Adjustment['by']) => {
    adjustments.push({ parameter, asked: was ?? null, used, by })
  }
  if (set.temperature !== undefined) note('temperature', asked.temperature, set.temperature, 'task')
  if (set.topP !== undefined) note('top_p', asked.topP, set.topP, 'task')
  if (first.cappedBy !== 'call') {
    note('max_output_tokens', asked.maxOutputTokens, first.maxOutputTokens, first.cappedBy)
  }
  return adjustments
}
