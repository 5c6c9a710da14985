import * as z from 'zod'
import { count, duration, onlyOne } from '../values.ts'
import { type CallMatch, COUNT_SCOPES, type CountScope, callMatch } from './call-match.ts'
import { type OnLimitConfig, onLimit, REJECT } from './on-limit.ts'

/** How fast calls may come, or how many may run at once. */
export interface LimitConfig {
  readonly per: CountScope
  readonly unit: 'requests' | 'tokens' | 'concurrency'
  readonly amount: number
  /** In which the amount may be used up; null for concurrency. */
  readonly windowMs: number | null
  /** The limit counts only calls with these values; empty means every call. */
  readonly match: CallMatch
  readonly onLimit: OnLimitConfig
}

const DAY_MS = 86_400_000
const LONGEST_WINDOW_MS = 31 * DAY_MS
const UNITS = ['requests', 'tokens', 'concurrency'] as const

/** `limits` */
export const limitsSection = z.array(
  z
    .strictObject({
      per: z
        .enum(COUNT_SCOPES)
        .describe(
          'What has a count of its own: `total` is one for everything, `user` one for each user of a tenant, `model` one for each upstream model, and so on.',
        ),
      requests: count({ least: 0 }).optional().describe('Most calls in a window.'),
      tokens: count({ least: 0 }).optional().describe('Most tokens in a window, prompts and answers together.'),
      concurrency: count({ least: 0 }).optional().describe('Most calls that run at the same time.'),
      window: duration({ mostMs: LONGEST_WINDOW_MS })
        .optional()
        .describe(
          'The time in which requests or tokens may be used up; they come back continuously over the same time. Default `1m`.',
        ),
      match: callMatch.prefault({}).describe('Counts only calls whose attributes have these values.'),
      on_limit: onLimit
        .optional()
        .describe('What happens to a call above the limit. Default `reject`: 429 with `retry-after`.'),
    })
    .superRefine((section, context) => {
      const unit = onlyOne(section, UNITS, context)
      if (unit !== 'concurrency' || section.window === undefined) return
      context.addIssue({
        code: 'custom',
        path: ['window'],
        message: 'is for requests and tokens; concurrency has none',
      })
    })
    .transform((section): LimitConfig => {
      const unit = UNITS.find((name) => section[name] !== undefined) ?? 'requests'
      return {
        per: section.per,
        unit,
        amount: section[unit] ?? 0,
        windowMs: unit === 'concurrency' ? null : (section.window ?? 60_000),
        match: section.match,
        onLimit: section.on_limit ?? REJECT,
      }
    }),
)
