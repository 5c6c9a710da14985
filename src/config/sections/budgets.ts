import * as z from 'zod'
import { type Billionths, wholeUnits } from '../../canonical/amounts.ts'
import { count, usd } from '../values.ts'
import { type CallMatch, callMatch } from './call-match.ts'

/** What a budget counts separately: one sum for all, or one for each value of an attribute. */
export type BudgetScope = 'total' | 'tenant' | 'team' | 'user' | 'feature' | 'task' | 'model' | 'key' | 'run'

/** How long a sum runs before it starts again. */
export type BudgetPeriod = 'minute' | 'hour' | 'day' | 'month'

/** A hard limit on money, tokens or calls: no call starts that could pass it. */
export interface BudgetConfig {
  readonly per: BudgetScope
  readonly unit: 'usd' | 'tokens' | 'requests'
  readonly limit: Billionths
  readonly window: BudgetPeriod
  /** The budget counts only calls with these values; empty means every call. */
  readonly match: CallMatch
}

const UNITS = ['usd', 'tokens', 'requests'] as const

/** More tokens than this are no limit, and do not fit into the ledger. */
const MOST_UNITS = 99_999_999_999

const whole = count({ least: 0 }).max(MOST_UNITS).transform(wholeUnits)

/** `budgets` */
export const budgetsSection = z.array(
  z
    .strictObject({
      per: z
        .enum(['total', 'tenant', 'team', 'user', 'feature', 'task', 'model', 'key', 'run'])
        .describe(
          'What has a sum of its own: `total` is one for everything, `user` one for each user of a tenant, `model` one for each upstream model, `run` one for each agent run, and so on.',
        ),
      usd: usd().optional().describe('The most that may be spent in one window, in USD.'),
      tokens: whole.optional().describe('The most tokens in one window, prompts and answers together.'),
      requests: whole.optional().describe('The most calls in one window.'),
      window: z
        .enum(['minute', 'hour', 'day', 'month'])
        .describe(
          'How long a sum runs. Days and months of a tenant, team, user or run begin in the tenant’s time zone, others in UTC.',
        ),
      match: callMatch.prefault({}).describe('Counts only calls whose attributes have these values.'),
    })
    .superRefine((section, context) => {
      const written = UNITS.filter((unit) => section[unit] !== undefined)
      if (written.length === 1) return
      const more = written.length > 1 ? `, not ${written.join(' and ')}; write one entry for each` : ''
      context.addIssue({ code: 'custom', message: `must have one of ${UNITS.join(', ')}${more}` })
    })
    .transform((section): BudgetConfig => {
      const unit = UNITS.find((name) => section[name] !== undefined) ?? 'usd'
      const { per, window, match } = section
      return { per, unit, limit: section[unit] ?? 0n, window, match }
    }),
)
