import type { KeyRow } from '../storage/contracts/key-store.ts'
import type { Principal } from './context.ts'

const NOBODY = { keyId: null, tenantId: null, tenants: [], defaults: {}, allowedModels: null } as const

/** The caller of `auth.mode none`: tenant `default`, whatever key it sends. */
export const ANONYMOUS: Principal = Object.freeze({ ...NOBODY, kind: 'anonymous' as const, tenantId: 'default' })

/** The process that the gateway runs in. It is trusted and may name any tenant. */
export const IN_PROCESS: Principal = Object.freeze({ ...NOBODY, kind: 'process' as const, tenants: ['*'] })

/** The holder of the operator's own key, `HEADGATE_ADMIN_KEY`. */
export const ENVIRONMENT_ADMIN: Principal = Object.freeze({
  ...NOBODY,
  kind: 'admin' as const,
  keyId: 'HEADGATE_ADMIN_KEY',
})

/** The holder of a stored key. */
export function principalOf(row: KeyRow): Principal {
  return {
    kind: row.kind,
    keyId: row.id,
    tenantId: row.kind === 'tenant' ? row.tenantId : null,
    tenants: row.kind === 'service' ? row.tenants : [],
    defaults: row.defaults,
    allowedModels: row.allowedModels,
  }
}
