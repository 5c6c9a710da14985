import * as z from 'zod'

/** By what the quality of answers is measured. */
export const QUALITY_METRICS = ['valid', 'feedback', 'judge'] as const
/** One of them. */
export type QualityMetric = (typeof QUALITY_METRICS)[number]

/** How good a model must be at a task. */
export interface QualityBarConfig {
  readonly metric: QualityMetric
  /** A share for `valid` and `judge`; a mean score, -1 to 1, for `feedback`. */
  readonly atLeast: number
  /** How sure the report must be before it says so. */
  readonly confidence: number
}

/** `tasks.*.quality_bar` */
export const qualityBarSection = z
  .strictObject({
    metric: z
      .enum(QUALITY_METRICS)
      .prefault('valid')
      .describe(
        '`valid`: the share of answers that came whole and are what was asked for. `feedback`: the mean score that users gave. `judge`: the share of answers to copies of calls (`shadow`) that were as good as what the callers got, or better.',
      ),
    at_least: z
      .number()
      .min(-1)
      .max(1)
      .describe('What the metric must reach: a share from 0 to 1, or a mean score from -1 to 1.'),
    confidence: z.number().min(0.5).max(0.9999).prefault(0.95).describe('How sure one must be that it does.'),
  })
  .refine(({ metric, at_least: atLeast }) => metric === 'feedback' || atLeast >= 0, {
    error: 'must be 0 or more: it is a share',
    path: ['at_least'],
  })
  .transform(
    (section): QualityBarConfig => ({
      metric: section.metric,
      atLeast: section.at_least,
      confidence: section.confidence,
    }),
  )
