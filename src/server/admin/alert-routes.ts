import type { FastifyInstance } from 'fastify'
import { alertView } from '../../alerts/alert.ts'
import type { House } from '../../gateway/house.ts'
import { pageOf, queryOf } from './ask.ts'
import { sendRows } from './send-rows.ts'

/** `/admin/v1/alerts`: what operators should know, newest first. */
export function registerAlerts(app: FastifyInstance, house: House): void {
  app.get('/admin/v1/alerts', async (request, reply) => {
    const query = queryOf(request)
    const kind = query.get('kind')
    const { rows, nextCursor } = await house.storage.alerts.list({ ...pageOf(query), ...(kind ? { kind } : {}) })
    return sendRows(request, reply, rows.map(alertView), nextCursor)
  })
}
