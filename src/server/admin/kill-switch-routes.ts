import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { readKillScope } from '../../admission/kill-switch-scope.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { isoTime } from '../../lib/iso-time.ts'
import type { KillSwitchRow } from '../../storage/contracts/kill-switch-store.ts'
import { bodyOf, MOST_ROWS, pageOf, queryOf } from './ask.ts'
import { operatorOf } from './gatekeeper.ts'
import { sendRows } from './send-rows.ts'

const LONGEST_REASON = 1_000
const reason = z.string().trim().min(1).max(LONGEST_REASON)
const newSwitch = z.strictObject({ scope: z.unknown(), reason })
const end = z.strictObject({ reason: reason.optional() })

/** `/admin/v1/kill-switches`: calls are switched off and on again, by any scope. In force here with the reply, elsewhere within half a second. */
export function registerKillSwitches(app: FastifyInstance, house: House): void {
  const { switches } = house

  app.post('/admin/v1/kill-switches', async (request, reply) => {
    const body = bodyOf(newSwitch, request.body)
    const actor = operatorOf(request)
    const scope = readKillScope(body.scope)
    const row = await switches.on({ scope, reason: body.reason, actor, cause: null, endsAt: null })
    if (!row) throw new Error('a switch without a cause was refused by the store')
    return reply.code(201).send(killSwitchView(row))
  })

  app.get('/admin/v1/kill-switches', async (request, reply) => {
    const { limit, cursor } = pageOf(queryOf(request), MOST_ROWS)
    const rows = await house.storage.killSwitches.list()
    const rest = cursor === undefined ? rows : rowsAfter(rows, cursor)
    const page = rest.slice(0, limit)
    const next = rest.length > limit ? (page.at(-1)?.id ?? null) : null
    return sendRows(request, reply, page.map(killSwitchView), next)
  })

  app.delete<{ Params: { id: string } }>('/admin/v1/kill-switches/:id', async (request, reply) => {
    const { id } = request.params
    const why = bodyOf(end, request.body).reason ?? null
    const row = await switches.off(id, { actor: operatorOf(request), reason: why })
    if (!row) throw new GatewayError('not_found', `There is no kill switch ${id} that is on.`)
    return reply.code(204).send()
  })
}

/** By its place, for two of one millisecond need not have ids in their order; by its id when it was turned off meanwhile. */
function rowsAfter(rows: readonly KillSwitchRow[], cursor: string): readonly KillSwitchRow[] {
  const place = rows.findIndex(({ id }) => id === cursor)
  return place < 0 ? rows.filter(({ id }) => id < cursor) : rows.slice(place + 1)
}

function killSwitchView(row: KillSwitchRow): Record<string, unknown> {
  return {
    id: row.id,
    scope: row.scope,
    reason: row.reason,
    actor: row.actor,
    cause: row.cause,
    until: isoTime(row.endsAt),
    created_at: isoTime(row.createdAt),
  }
}
