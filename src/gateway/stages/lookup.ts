import { promptCacheKeyFor } from '../../caches/prompt-cache.ts'
import { type GuardedInput, type Missed, passed } from '../stages.ts'

/**
 * Looks for what need not be computed again. Answers are not cached yet, so every call misses; the stable segments that it names
 * become the key under which the provider caches the prompt, bound to the tenant.
 */
export function lookup(guarded: GuardedInput): Missed {
  const promptCacheKey = promptCacheKeyFor(guarded.request, guarded.context.tenantId)
  return passed<Missed>(promptCacheKey === undefined ? guarded : { ...guarded, promptCacheKey })
}
