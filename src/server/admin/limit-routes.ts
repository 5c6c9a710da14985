import type { FastifyInstance } from 'fastify'
import type { House } from '../../gateway/house.ts'
import { limitSections } from '../../gateway/limit-sections.ts'
import { MOST_ROWS, pageOf, queryOf } from './ask.ts'
import { limitPage } from './limit-rows.ts'
import { sendRows } from './send-rows.ts'

/** `/admin/v1/limits`: how limits stand now, in the order of the configuration and the busiest first. A page is 1000 rows unless asked otherwise. */
export function registerLimits(app: FastifyInstance, house: House): void {
  let config = house.config()
  let sections = limitSections(config)

  app.get('/admin/v1/limits', async (request, reply) => {
    const ask = pageOf(queryOf(request), MOST_ROWS)
    if (house.config() !== config) {
      config = house.config()
      sections = limitSections(config)
    }
    const { counts } = house.limits
    const { rows, nextCursor } = await limitPage({ sections, counts, nowMs: house.clock.now() }, ask)
    return sendRows(request, reply, rows, nextCursor)
  })
}
