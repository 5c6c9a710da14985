import type { QualityMetric } from '../../config/sections/quality-bar.ts'
import { unscaled } from '../../reports/quality/cases.ts'
import type { Outlook } from './task-evidence.ts'

/** What the report on quality says of promotions, in the row of a deployment. Null where nothing is promoted, or the deployment is not looked at. */
export interface PromotionFields extends Readonly<Record<string, string | number | null>> {
  readonly promotion: string | null
  readonly trial_model: string | null
  readonly trial_n: number | null
  readonly trial_low: number | null
  readonly trial_high: number | null
}

/** The fields of one deployment. */
export function promotionFields(
  outlook: Outlook | null,
  metric: QualityMetric | null,
  deployment: string,
): PromotionFields {
  const found = outlook?.seen.find((one) => one.deployment === deployment)
  const value = (share: number): number => Math.round((metric === 'feedback' ? unscaled(share) : share) * 1e6) / 1e6
  return {
    promotion: outlook?.note ?? null,
    trial_model: found?.model ?? null,
    trial_n: found?.seen.n ?? null,
    trial_low: found ? value(found.seen.bounds.low) : null,
    trial_high: found ? value(found.seen.bounds.high) : null,
  }
}
