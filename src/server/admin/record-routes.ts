import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { usageQuery, usageRowJson } from '../../gateway/usage-query.ts'
import { traceView } from '../../tracing/trace-view.ts'
import { pageOf } from './ask.ts'
import { budgetView, eventView, requestView } from './record-views.ts'
import { sendRows } from './send-rows.ts'

/** What happened: usage, events, traces, budgets and the audit log, newest first; JSON, JSONL or CSV by `accept`. */
export function registerRecords(app: FastifyInstance, house: House): void {
  const { reader, audit, ledger } = house.storage

  app.get('/admin/v1/usage', async (request, reply) => {
    const parameters = parametersOf(request)
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

  app.get('/admin/v1/budgets', async (request: FastifyRequest, reply: FastifyReply) =>
    sendRows(request, reply, (await ledger.budgets()).map(budgetView), null),
  )

  app.get('/admin/v1/audit', async (request, reply) => {
    const { rows, nextCursor } = await audit.list(pageOf(request.query))
    const data = rows.map((row) => ({ ...row, at: new Date(row.at).toISOString() }))
    return sendRows(request, reply, data, nextCursor)
  })
}

function parametersOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.url.split('?')[1] ?? '')
}

function eventsQuery(request: FastifyRequest) {
  const parameters = parametersOf(request)
  const filters = {
    tenantId: parameters.get('tenant_id'),
    traceId: parameters.get('trace_id'),
    status: parameters.get('status'),
  }
  const given = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== null)) as {
    [name in keyof typeof filters]?: string
  }
  return { ...pageOf(request.query), ...given }
}
