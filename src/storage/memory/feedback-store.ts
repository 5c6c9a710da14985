import type { Clock } from '../../lib/clock.ts'
import { newId } from '../../lib/ids.ts'
import { storableText } from '../columns/encode-rows.ts'
import { FEEDBACK_COLUMNS } from '../columns/feedback-columns.ts'
import type { FeedbackRow, FeedbackStore } from '../contracts/feedback-store.ts'
import { asStored, type LedgerRows } from './rows.ts'

/** Feedback in memory. */
export function createMemoryFeedback(ledger: LedgerRows, clock: Clock): FeedbackStore {
  const { feedback } = ledger
  return {
    async give(given) {
      const request = [...ledger.requests.values()]
        .filter((row) => row.traceId === given.traceId && isOf(row.tenantId, given.tenantId))
        .sort(
          (one, other) => Number(other.servedModel !== null) - Number(one.servedModel !== null) || later(one, other),
        )
        .at(0)
      if (!request) return null
      const { tenantId, feature, task, servedModel: deployment } = request
      const name = JSON.stringify([given.traceId, tenantId, given.userId])
      const before = feedback.get(name)
      const [at, about] = [clock.now(), { tenantId, feature, task, deployment }]
      const id = before?.id ?? newId('fb', at)
      const row = asStored(FEEDBACK_COLUMNS, {
        ...given,
        ...about,
        id,
        createdAt: before?.createdAt ?? at,
        updatedAt: at,
      })
      // Behind the others, where the newest are.
      feedback.delete(name)
      feedback.set(name, row)
      return row
    },

    async of(traceId, tenantId) {
      return [...feedback.values()]
        .filter((row) => row.traceId === traceId && isOf(row.tenantId, tenantId))
        .toReversed()
    },
  }
}

function isOf(tenantId: string, wanted: string | null): boolean {
  return wanted === null || storableText(wanted) === tenantId
}

function later(one: Pick<FeedbackRow, 'createdAt'>, other: typeof one): number {
  return other.createdAt - one.createdAt
}
