import * as z from 'zod'
import { type Billionths, wholeUnits } from '../../canonical/amounts.ts'
import { count, modelName, onlyOne, usd } from '../values.ts'
import { type CallMatch, COUNT_SCOPES, type CountScope, callMatch } from './call-match.ts'

/** How long a sum runs before it starts again. */
export type BudgetPeriod = 'minute' | 'hour' | 'day' | 'month'

/** What happens before a budget is used up, as shares of its limit. Null is no such step. */
export interface LadderConfig {
  /** Where operators are told. */
  readonly alertAt: readonly number[]
  /** From where on calls go to a cheaper model. */
  readonly downgradeAt: number | null
  /** Which: a logical one, or `provider/model`; null is the task's own choice. */
  readonly downgradeTo: string | null
  /** Where a kill switch is turned on, until the window ends. */
  readonly killAt: number | null
}

/** A hard limit on money, tokens or calls: no call starts that could pass it. */
export interface BudgetConfig {
  readonly per: CountScope
  readonly unit: 'usd' | 'tokens' | 'requests'
  readonly limit: Billionths
  readonly window: BudgetPeriod
  /** The budget counts only calls with these values; empty means every call. */
  readonly match: CallMatch
  readonly ladder: LadderConfig
}

const UNITS = ['usd', 'tokens', 'requests'] as const

/** More tokens than this are no limit, and do not fit into the ledger. */
const MOST_UNITS = 99_999_999_999

const whole = count({ least: 0 }).max(MOST_UNITS).transform(wholeUnits)

const share = z
  .number()
  .refine((part) => part > 0 && part <= 1, { error: 'must be a share of the limit, above 0 and at most 1' })

/** `budgets` */
export const budgetsSection = z.array(
  z
    .strictObject({
      per: z
        .enum(COUNT_SCOPES)
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
      alert_at: z
        .union([share, z.array(share)])
        .optional()
        .describe('Shares of the limit at which an alert is raised, such as `[0.5, 0.8]`.'),
      downgrade_at: share
        .optional()
        .describe('Share of the limit from which on calls go to a cheaper model: `downgrade_to`, or the task’s.'),
      downgrade_to: modelName
        .optional()
        .describe(
          'The model that takes over at `downgrade_at`: a logical one, or `provider/model`. Default: `on_limit.downgrade_to` of the task, else the cheapest of the call’s own candidates.',
        ),
      kill_at: share
        .optional()
        .describe(
          'Share of the limit at which a kill switch is turned on for the scope, until the window ends or an operator turns it off.',
        ),
    })
    .superRefine((section, context) => {
      onlyOne(section, UNITS, context)
    })
    .transform((section): BudgetConfig => {
      const unit = UNITS.find((name) => section[name] !== undefined) ?? 'usd'
      const { per, window, match, alert_at = [] } = section
      const ladder = {
        alertAt: [alert_at].flat().toSorted((one, other) => one - other),
        downgradeAt: section.downgrade_at ?? null,
        downgradeTo: section.downgrade_to ?? null,
        killAt: section.kill_at ?? null,
      }
      return { per, unit, limit: section[unit] ?? 0n, window, match, ladder }
    }),
)
