import type { FastifyInstance, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { usageQuery, usageRowJson } from '../../gateway/usage-query.ts'
import { isoTime } from '../../lib/iso-time.ts'
import { traceView } from '../../tracing/trace-view.ts'
import { pageOf, queryOf } from './ask.ts'
import { eventView, requestView } from './record-views.ts'
import { sendRows } from './send-rows.ts'

/** What happened: usage, events, traces and the audit log, newest first; JSON, JSONL or CSV by `accept`. */
export function registerRecords(app: FastifyInstance, house: House): void {
  const { reader, audit } = house.storage

  app.get('/admin/v1/usage', async (request, reply) => {
    const parameters = queryOf(request)
    const tenant = parameters.get('tenant_id')
    const query = usageQuery(parameters, house.clock.now())
    const rows = await reader.usage({ ...query, ...(tenant ? { tenantId: tenant } : {}) })
    return sendRows(request, reply, rows.map(usageRowJson), null)
  })

  app.get('/admin/v1/events', async (request, reply) => {
    const { rows, nextCursor } = await reader.events(eventsQuery(request))
    return sendRows(request, reply, rows.map(eventView), nextCursor)
  })

  app.get('/admin/v1/traces', async (request, reply) => {
    const { rows, nextCursor } = await reader.requests(eventsQuery(request))
    return sendRows(request, reply, rows.map(requestView), nextCursor)
  })

  app.get<{ Params: { id: string } }>('/admin/v1/traces/:id', async (request) => {
    const stored = await reader.trace(request.params.id, null)
    if (!stored) throw new GatewayError('not_found', `There is no trace ${request.params.id}.`)
    return traceView(stored)
  })

  app.get('/admin/v1/audit', async (request, reply) => {
    const query = queryOf(request)
    const [actor, subject] = [query.get('actor'), query.get('subject')]
    const filters = { ...(actor ? { actor } : {}), ...(subject ? { subject } : {}) }
    const { rows, nextCursor } = await audit.list({ ...pageOf(query), ...filters })
    const data = rows.map((row) => ({ ...row, at: isoTime(row.at) }))
    return sendRows(request, reply, data, nextCursor)
  })
}

function eventsQuery(request: FastifyRequest) {
  const parameters = queryOf(request)
  const filters = {
    tenantId: parameters.get('tenant_id'),
    traceId: parameters.get('trace_id'),
    status: parameters.get('status'),
  }
  const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== null)) as {
    [name in keyof typeof filters]?: string
  }
  return { ...pageOf(parameters), ...given }
}
