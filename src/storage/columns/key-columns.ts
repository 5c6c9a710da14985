import type { KeyRow } from '../contracts/key-store.ts'
import { type Columns, instant, json, optional, text, textList } from './column.ts'

/** The columns of `virtual_keys`. */
export const KEY_COLUMNS: Columns<KeyRow> = {
  id: text('id'),
  kind: text<KeyRow['kind']>('kind'),
  mac: text('mac'),
  prefix: text('prefix'),
  name: optional(text('name')),
  tenantId: optional(text('tenant_id')),
  tenants: textList('tenants'),
  defaults: json<KeyRow['defaults']>('defaults'),
  allowedModels: optional(textList('allowed_models')),
  expiresAt: optional(instant('expires_at')),
  revokedAt: optional(instant('revoked_at')),
  createdAt: instant('created_at'),
}
