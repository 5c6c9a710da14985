import type { QualityBarConfig } from '../../config/sections/quality-bar.ts'
import type { JsonObject } from '../../lib/json.ts'
import { unscaled } from '../../reports/quality/cases.ts'
import type { TrialVerdict } from '../../reports/quality/trial.ts'

/** `0.981 of 1240 (0.957 to 0.992 at every look)`. */
export function figures({ n, good, bounds }: TrialVerdict, { metric }: QualityBarConfig): string {
  if (n === 0) return 'nothing seen'
  const back = metric === 'feedback' ? unscaled : (value: number) => value
  const [mean, low, high] = [good / n, bounds.low, bounds.high].map((value) => back(value).toFixed(3))
  return `${metric} ${mean} of ${n} (${low} to ${high} at every look)`
}

/** The same for programs. */
export function detailsOf({ n, good, bounds }: TrialVerdict): JsonObject {
  return { n, share: good / n, low: bounds.low, high: bounds.high }
}

/** `valid ≥ 0.95, 95 % confidence`. */
export function barText({ metric, atLeast, confidence }: QualityBarConfig): string {
  return `${metric} ≥ ${atLeast}, ${Number((confidence * 100).toFixed(2))} % confidence`
}

/** USD, if known. */
export function usdText(usd: number | null): string {
  return usd === null ? 'an unknown number of' : usd.toFixed(6)
}
