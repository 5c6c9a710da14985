import type { FastifyInstance } from 'fastify'
import type { House } from '../../gateway/house.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { MOST_ROWS, pageOf, queryOf } from './ask.ts'
import { sendRows } from './send-rows.ts'

/** `/admin/v1/breakers`: how breakers stand, by deployment, and whether that is what all instances share. A page is 1000 rows unless asked otherwise. */
export function registerBreakers(app: FastifyInstance, house: House): void {
  app.get('/admin/v1/breakers', async (request, reply) => {
    const { limit, cursor = '' } = pageOf(queryOf(request), MOST_ROWS)
    const following = house.health
      .breakers()
      .filter(({ deployment }) => deployment > cursor)
      .toSorted((one, other) => (one.deployment < other.deployment ? -1 : 1))
    const rows = following.slice(0, limit).map(({ deployment, state, failures, openedAt, retryAt, isShared }) => ({
      deployment,
      state,
      failures,
      opened_at: isoTime(openedAt),
      retry_at: isoTime(retryAt),
      shared: isShared,
    }))
    const next = following.length > limit ? (rows.at(-1)?.deployment ?? null) : null
    return sendRows(request, reply, rows, next)
  })
}
