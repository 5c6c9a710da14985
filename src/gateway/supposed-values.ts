import * as z from 'zod'
import { COMPLEXITIES } from '../canonical/call-words.ts'
import { GatewayError } from '../errors/gateway-error.ts'
import { saidComplexity } from '../policy/complexity/said-complexity.ts'
import type { SupposedSignals } from '../policy/replay/supposed.ts'

/** How hard a call is, as somebody says it: a word, or a score from 0 to 1. */
export const complexitySaid = z
  .union([z.enum(COMPLEXITIES), z.number().min(0).max(1)], {
    error: `must be ${COMPLEXITIES.join(', ')} or a score from 0 to 1`,
  })
  .transform(saidComplexity)

/** A share of a budget that is used; more than all of it is possible. */
export const budgetUsedSaid = z
  .number({ error: 'must be a share such as 0.8' })
  .min(0, { error: 'must be a share such as 0.8' })

/** What an asker supposes of requests, in the words of the API. */
export const supposedValues = z
  .strictObject({ complexity: complexitySaid.optional(), budget_used: budgetUsedSaid.optional() })
  .transform(
    ({ complexity, budget_used: budgetUsed }): SupposedSignals => ({
      ...(complexity === undefined ? {} : { complexity }),
      ...(budgetUsed === undefined ? {} : { budgetUsed }),
    }),
  )

/** What `complexity` and `budget_used` of an explanation suppose. Throws GatewayError `invalid_request` with the field. */
export function supposedSignals(said: {
  readonly complexity?: unknown
  readonly budget_used?: unknown
}): SupposedSignals {
  const read = supposedValues.safeParse(said)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const param = issue?.path.join('.') ?? 'complexity'
  throw new GatewayError('invalid_request', `${param} ${issue?.message}.`, { param })
}
