import type { CanonicalRequest } from '../../canonical/request.ts'
import type { Drop } from '../own-extensions.ts'
import { generationOf } from './generation.ts'

/** Anthropic's sampling fields. */
export interface SamplingFields {
  temperature?: number
  top_p?: number
  top_k?: number
}

/** The least `top_p` that thinking allows. */
const LEAST_TOP_P_WITH_THINKING = 0.95

/**
 * Writes temperature, top-p and top-k as far as the model takes them. Anthropic's temperature ends at 1, where OpenAI's goes to 2: it is
 * cut there. Values that equal the default are left out without a word where they would be refused.
 */
export function encodeSampling(request: CanonicalRequest, model: string, thinks: boolean, drop: Drop): SamplingFields {
  const rule = generationOf(model).sampling
  const fields: SamplingFields = {}
  const { temperature, topP, topK } = request
  if (temperature !== undefined) {
    if (temperature > 1) drop('temperature')
    if (rule !== 'none' && (!thinks || temperature >= 1)) fields.temperature = Math.min(temperature, 1)
    else if (temperature < 1) drop('temperature')
  }
  if (topP !== undefined) {
    const clash = rule === 'temperature-or-top-p' && fields.temperature !== undefined
    if (rule !== 'none' && !clash && (!thinks || topP >= LEAST_TOP_P_WITH_THINKING)) fields.top_p = topP
    else if (topP < 1) drop('top_p')
  }
  if (topK !== undefined) {
    if (rule !== 'none' && !thinks) fields.top_k = topK
    else drop('top_k')
  }
  return fields
}
