import type { FastifyInstance } from 'fastify'
import type { House } from '../../gateway/house.ts'
import { createCalendar } from '../../money/window.ts'
import { MOST_ROWS, pageOf, queryOf } from './ask.ts'
import { budgetRows } from './budget-rows.ts'
import { sendRows } from './send-rows.ts'

/** `/admin/v1/budgets`: every budget in its open window, by scope. The list is short, so a page is 1000 rows unless asked otherwise. */
export function registerBudgets(app: FastifyInstance, house: House): void {
  const calendar = createCalendar()
  const { ledger } = house.storage

  app.get('/admin/v1/budgets', async (request, reply) => {
    const { limit, cursor } = pageOf(queryOf(request), MOST_ROWS)
    const [states, nowMs] = await Promise.all([ledger.budgets(), ledger.now()])
    const all = budgetRows(states, { config: house.config(), calendar, nowMs })
    const after = cursor === undefined ? '' : Buffer.from(cursor, 'base64url').toString('utf8')
    const rest = all.filter(({ name }) => name > after)
    const page = rest.slice(0, limit)
    const last = rest.length > limit ? page.at(-1) : undefined
    const rows = page.map(({ row }) => row)
    return sendRows(request, reply, rows, last ? Buffer.from(last.name).toString('base64url') : null)
  })
}
