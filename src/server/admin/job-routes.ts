import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { jobView } from '../../jobs/job-view.ts'
import { JOB_STATUSES } from '../../storage/contracts/job-store.ts'
import { pageOf, queryOf } from './ask.ts'
import { sendRows } from './send-rows.ts'

/** `/admin/v1/jobs`: jobs of all tenants, newest first, without what was asked and answered: that is the tenant's. */
export function registerJobs(app: FastifyInstance, house: House): void {
  app.get('/admin/v1/jobs', async (request, reply) => {
    const query = queryOf(request)
    const [tenantId, status] = [query.get('tenant_id'), query.get('status')]
    if (status && !JOB_STATUSES.some((known) => known === status)) {
      throw new GatewayError('invalid_request', `status must be one of ${JOB_STATUSES.join(', ')}.`, {
        param: 'status',
      })
    }
    const filters = { ...(tenantId ? { tenantId } : {}), ...(status ? { status } : {}) }
    const { rows, nextCursor } = await house.jobs.list({ ...pageOf(query), ...filters })
    return sendRows(request, reply, rows.map(jobView), nextCursor)
  })

  app.get<{ Params: { id: string } }>('/admin/v1/jobs/:id', async ({ params: { id } }) => {
    const found = await house.jobs.find(id, null)
    if (!found) throw noSuchJob(id)
    return jobView(found.row)
  })

  app.delete<{ Params: { id: string } }>('/admin/v1/jobs/:id', async ({ params: { id } }) => {
    const row = await house.jobs.cancel(id, null)
    if (!row) throw noSuchJob(id)
    return jobView(row)
  })
}

function noSuchJob(id: string): GatewayError {
  return new GatewayError('not_found', `There is no job ${id}; ended ones are deleted after a while.`)
}
