import type { FastifyInstance } from 'fastify'
import * as z from 'zod'
import { issueKey } from '../../access/issue-key.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { House } from '../../gateway/house.ts'
import { isoTime } from '../../lib/iso-time.ts'
import type { KeyRow } from '../../storage/contracts/key-store.ts'
import { bodyOf, pageOf, queryOf, timeSaid } from './ask.ts'
import { operatorOf } from './gatekeeper.ts'
import { sendRows } from './send-rows.ts'

const newKey = z.strictObject({
  kind: z.enum(['tenant', 'service', 'admin']),
  tenant_id: z.string().optional(),
  tenants: z.array(z.string()).optional(),
  name: z.string().optional(),
  defaults: z.record(z.string(), z.unknown()).optional(),
  allowed_models: z.array(z.string()).optional(),
  expires_at: timeSaid.optional(),
})

/** `/admin/v1/keys`: virtual keys are made, listed and revoked. A key's text is in one reply, once. */
export function registerKeys(app: FastifyInstance, house: House): void {
  const { keys, audit } = house.storage

  app.post('/admin/v1/keys', async (request, reply) => {
    const body = bodyOf(newKey, request.body)
    const { key, row } = await issueKey(
      keys,
      {
        kind: body.kind,
        tenantId: body.tenant_id ?? null,
        tenants: body.tenants ?? null,
        name: body.name ?? null,
        defaults: body.defaults ?? null,
        allowedModels: body.allowed_models ?? null,
        expiresAt: body.expires_at === undefined ? null : Date.parse(body.expires_at),
      },
      house.clock.now(),
    )
    await audit.append({
      actor: operatorOf(request),
      action: 'key.create',
      subject: `key=${row.id}`,
      before: null,
      after: { kind: row.kind, prefix: row.prefix, tenant_id: row.tenantId, tenants: [...row.tenants] },
      reason: null,
    })
    return reply.code(201).send({ ...keyView(row), key: key.reveal() })
  })

  app.get('/admin/v1/keys', async (request, reply) => {
    const { rows, nextCursor } = await keys.list(pageOf(queryOf(request)))
    return sendRows(request, reply, rows.map(keyView), nextCursor)
  })

  app.delete<{ Params: { id: string } }>('/admin/v1/keys/:id', async (request, reply) => {
    const { id } = request.params
    if (!(await keys.revoke(id, house.clock.now()))) throw new GatewayError('not_found', `There is no key ${id}.`)
    await house.keys.refresh()
    await audit.append({
      actor: operatorOf(request),
      action: 'key.revoke',
      subject: `key=${id}`,
      before: null,
      after: null,
      reason: null,
    })
    return reply.code(204).send()
  })
}

function keyView(row: KeyRow): Record<string, unknown> {
  return {
    id: row.id,
    kind: row.kind,
    prefix: row.prefix,
    name: row.name,
    tenant_id: row.tenantId,
    tenants: row.tenants,
    defaults: row.defaults,
    allowed_models: row.allowedModels,
    expires_at: isoTime(row.expiresAt),
    revoked_at: isoTime(row.revokedAt),
    created_at: isoTime(row.createdAt),
  }
}
