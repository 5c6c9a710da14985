import { GatewayError } from '../errors/gateway-error.ts'
import type { Principal } from './context.ts'
import type { Found, Source } from './context-sources.ts'
import { metadataMissing } from './metadata-missing.ts'

/**
 * The tenant that a call is for and that pays; null when nobody named one and the process itself calls.
 * A bound caller (a tenant key, or anybody where there are no keys) must not name another tenant anywhere, not even in a place that
 * another one overrules. A service key must be granted the tenant it names. Throws GatewayError `tenant_mismatch`,
 * `permission_denied` or `metadata_missing`.
 */
export function payingTenant(principal: Principal, sources: readonly Source[]): string | null {
  let named: Found[] | null = null
  for (const source of sources) {
    const found = source.get('tenant_id')
    if (!found) continue
    named ??= []
    named.push(found)
  }
  switch (principal.kind) {
    case 'admin':
      throw new GatewayError(
        'permission_denied',
        'An admin key operates the gateway and makes no model calls. Make a tenant key with `headgate keys create`.',
      )
    case 'process':
      return named?.[0]?.value ?? null
    case 'service':
      return grantedTenant(principal.tenants, named?.[0])
    default:
      return boundTenant(principal.tenantId, named)
  }
}

function boundTenant(tenantId: string | null, named: readonly Found[] | null): string {
  if (tenantId === null) throw new GatewayError('permission_denied', 'This key is bound to no tenant; make a new one.')
  const other = named?.find(({ value }) => value !== tenantId)
  if (!other) return tenantId
  throw new GatewayError(
    'tenant_mismatch',
    `${other.path} names another tenant than this caller's own. Leave it out, or use a key of that tenant.`,
    { param: other.path },
  )
}

function grantedTenant(tenants: readonly string[], named: Found | undefined): string {
  const all = tenants.includes('*')
  if (!named) {
    const [only] = tenants
    if (only !== undefined && tenants.length === 1 && !all) return only
    throw metadataMissing(['tenant_id'])
  }
  if (all || tenants.includes(named.value)) return named.value
  throw new GatewayError('permission_denied', `This service key may not speak for the tenant in ${named.path}.`, {
    param: named.path,
  })
}
