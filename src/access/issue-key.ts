import { GatewayError } from '../errors/gateway-error.ts'
import { newId } from '../lib/ids.ts'
import type { Secret } from '../lib/secret.ts'
import type { KeyRow, KeyStore } from '../storage/contracts/key-store.ts'
import { checkedValue } from './context-fields.ts'
import { checkKeyDefaults } from './context-sources.ts'
import { type KeyKind, mintKey } from './virtual-key.ts'

/** What a new key should be. Absent and null mean the same. */
export interface KeyAsk {
  readonly kind: KeyKind
  /** Needed for a tenant key, refused for others. */
  readonly tenantId?: string | null
  /** Needed for a service key, refused for others; `*` is every tenant. */
  readonly tenants?: readonly string[] | null
  readonly name?: string | null
  /** Context attributes in snake_case that apply when a call does not say otherwise. */
  readonly defaults?: Readonly<Record<string, unknown>> | null
  /** Names of tasks, logical models, `provider/model`, `provider/*` or `*`; null is no limit of its own. */
  readonly allowedModels?: readonly string[] | null
  /** ms since 1970. */
  readonly expiresAt?: number | null
}

/**
 * Makes a key and stores what may be stored of it. The key itself is in the result and nowhere else, ever.
 * Throws GatewayError `invalid_request` with the field of the admin API.
 */
export async function issueKey(
  store: KeyStore,
  ask: KeyAsk,
  nowMs: number,
): Promise<{ readonly key: Secret; readonly row: KeyRow }> {
  const tenantId = text(ask.tenantId, 'tenant_id')
  const tenants = (ask.tenants ?? []).flatMap((tenant, index) => text(tenant, `tenants[${index}]`) ?? [])
  if ((tenantId !== null) !== (ask.kind === 'tenant')) {
    throw wrong('tenant_id', 'belongs to a key of kind tenant, and such a key needs it')
  }
  if (tenants.length > 0 !== (ask.kind === 'service')) {
    throw wrong('tenants', 'belongs to a key of kind service, and such a key needs at least one tenant, or "*"')
  }
  const expiresAt = ask.expiresAt ?? null
  if (expiresAt !== null && !(expiresAt > nowMs)) throw wrong('expires_at', 'must be in the future')
  const defaults = checkKeyDefaults(ask.defaults ?? {})
  if (tenantId !== null && (defaults.tenant_id ?? tenantId) !== tenantId) {
    throw wrong('defaults.tenant_id', 'names another tenant than tenant_id; leave it out')
  }
  const { key, mac, prefix } = mintKey(ask.kind, await store.macSecret())
  const row: KeyRow = {
    id: newId('key', nowMs),
    kind: ask.kind,
    mac,
    prefix,
    name: text(ask.name, 'name'),
    tenantId,
    tenants,
    defaults,
    allowedModels: ask.allowedModels ?? null,
    expiresAt,
    revokedAt: null,
    createdAt: nowMs,
  }
  await store.insert(row)
  return { key, row }
}

function text(value: string | null | undefined, path: string): string | null {
  return checkedValue({ type: 'text' }, value, path)
}

function wrong(param: string, what: string): GatewayError {
  return new GatewayError('invalid_request', `${param} ${what}.`, { param })
}
