import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { promotionFields } from '../../gateway/promotion/report-fields.ts'
import { isJudgedByModel } from '../../gateway/promotion/task-evidence.ts'
import { usageQuery } from '../../gateway/usage-query.ts'
import { qualityRows } from '../../reports/quality/quality-report.ts'
import { queryOf } from './ask.ts'
import { sendRows } from './send-rows.ts'

/** `/admin/v1/reports/quality`: how models do at the tasks of the configuration, and the cheapest that is good enough. */
export function registerReports(app: FastifyInstance, house: House): void {
  app.get('/admin/v1/reports/quality', async (request, reply) => {
    const parameters = queryOf(request)
    const now = house.clock.now()
    const { from = 0, to = now + 1 } = usageQuery(parameters, now)
    const { tasks } = house.config()
    const name = parameters.get('task')
    if (name !== null && !tasks.has(name)) {
      throw new GatewayError('task_not_found', `No task of the configuration is called "${name}".`, { param: 'task' })
    }
    const rows = []
    // One after another: a report must not crowd the database.
    for (const task of tasks.values()) {
      if (name !== null && task.name !== name) continue
      const evidence = await house.storage.reader.quality({ task: task.name, from, to })
      const judgedByModel = isJudgedByModel(task)
      const outlook = await house.promotions.outlook(task.name)
      const metric = task.qualityBar?.metric ?? null
      for (const row of qualityRows({ name: task.name, bar: task.qualityBar, judgedByModel }, evidence)) {
        rows.push({ ...row, ...promotionFields(outlook, metric, String(row.model)) })
      }
    }
    return sendRows(request, reply, rows, null)
  })
}
