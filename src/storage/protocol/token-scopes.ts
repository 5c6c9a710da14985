import type { TokenScope } from '../contracts/ledger-reader.ts'

/** What a scope is grouped by: names of a scope and their columns. Teams and users mean something within their tenant only. */
export const TOKEN_SCOPES: Readonly<Record<TokenScope, readonly (readonly [name: string, column: string])[]>> = {
  tenant: [['tenant', 'tenant_id']],
  team: [
    ['tenant', 'tenant_id'],
    ['team', 'team_id'],
  ],
  user: [
    ['tenant', 'tenant_id'],
    ['user', 'user_id'],
  ],
  feature: [['feature', 'feature']],
  model: [['model', 'model']],
  key: [['key', 'key_id']],
}

/** How many windows before the last one it is compared with. */
export const WINDOWS_BEFORE = 7
