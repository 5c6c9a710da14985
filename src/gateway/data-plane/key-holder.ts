import type { Principal } from '../../access/context.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { Engine } from '../engine.ts'
import type { HttpCall } from '../http-call.ts'
import { asWireCall } from '../inbound-call.ts'
import { principalOf } from '../stages/authenticate.ts'

/** Who asks for something that is not a model call. Rejects with 401, or 403 for admin keys: they operate, they do not call. */
export async function keyHolder(engine: Engine, call: HttpCall): Promise<Principal> {
  const principal = await principalOf(engine, asWireCall(call))
  if (principal.kind !== 'admin') return principal
  throw new GatewayError('permission_denied', 'An admin key operates the gateway; use a tenant or service key here.')
}

/**
 * The one tenant whose records a key may read. Service keys of several tenants name theirs in `x-headgate-tenant-id`.
 * Throws GatewayError 400 and 403.
 */
export function readableTenant(principal: Principal, call: HttpCall): string {
  const asked = call.headers['x-headgate-tenant-id'] ?? call.bound?.tenant_id
  const own =
    principal.tenantId ?? (principal.tenants.length === 1 && principal.tenants[0] !== '*' ? principal.tenants[0] : null)
  const tenant = asked ?? own
  if (!tenant) {
    throw new GatewayError('metadata_missing', 'Name the tenant in the header x-headgate-tenant-id.', {
      param: 'x-headgate-tenant-id',
    })
  }
  if (principal.tenantId !== null && tenant !== principal.tenantId) {
    throw new GatewayError('tenant_mismatch', `This key belongs to tenant ${principal.tenantId}.`)
  }
  if (principal.tenantId === null && !principal.tenants.includes(tenant) && !principal.tenants.includes('*')) {
    throw new GatewayError('permission_denied', `This key may not speak for tenant ${tenant}.`)
  }
  return tenant
}
