/** A virtual key at rest: never the key itself, only its HMAC. */
export interface KeyRow {
  readonly id: string
  readonly kind: 'tenant' | 'service' | 'admin'
  /** Hex HMAC-SHA-256 of the whole key. */
  readonly mac: string
  /** The key's first characters and its last four, for people: `hg-tenant-3fA…9xQ2`. */
  readonly prefix: string
  readonly name: string | null
  /** The tenant that a tenant key is bound to. */
  readonly tenantId: string | null
  /** The tenants that a service key may speak for; `*` is all. */
  readonly tenants: readonly string[]
  readonly defaults: Readonly<Record<string, string>>
  readonly allowedModels: readonly string[] | null
  /** ms since 1970, or null. */
  readonly expiresAt: number | null
  readonly revokedAt: number | null
  readonly createdAt: number
}

/** Where virtual keys live. */
export interface KeyStore {
  /** The secret that keys are hashed with: made once per database, the same for every instance. */
  macSecret(): Promise<string>
  insert(row: KeyRow): Promise<void>
  /** The key with this HMAC, revoked and expired ones included. */
  findByMac(mac: string): Promise<KeyRow | null>
  list(query: { readonly limit: number; readonly cursor?: string }): Promise<{
    readonly rows: readonly KeyRow[]
    readonly nextCursor: string | null
  }>
  /** Revokes; false when there is no such key. Revoking twice keeps the first time. */
  revoke(id: string, nowMs: number): Promise<boolean>
  /** MACs of keys revoked at or after the given time, so that caches can drop them. */
  revokedSince(sinceMs: number): Promise<readonly string[]>
}
