/** How much a call may do in the world. */
export type Risk = 'read_only' | 'write' | 'admin'

/** What a call says about itself (CONTEXT in the reference). All but `plan` may come from the caller. */
export interface CallContext {
  readonly tenantId: string
  readonly userId: string | null
  readonly teamId: string | null
  readonly feature: string
  readonly task: string | null
  /** From the tenant's configuration, never from the caller. */
  readonly plan: string | null
  readonly risk: Risk
  readonly quality: 'economy' | 'balanced' | 'best' | null
  readonly priority: string | null
  readonly visibility: string | null
  readonly dataSensitivity: 'public' | 'internal' | 'confidential' | 'restricted' | null
  readonly region: string | null
  readonly latencyTargetMs: number | null
  readonly maxCostUsd: number | null
  readonly promptVersion: string | null
  readonly runId: string | null
  readonly permissionScope: string | null
}

/** Who calls: a virtual key, the anonymous caller of `auth.mode none`, or the process itself. */
export interface Principal {
  readonly kind: 'tenant' | 'service' | 'admin' | 'anonymous' | 'process'
  /** The key's id; null when no key was used. */
  readonly keyId: string | null
  /** The one tenant a tenant key is bound to. */
  readonly tenantId: string | null
  /** The tenants a service key may speak for; `*` is all. */
  readonly tenants: readonly string[]
  /** Context values that apply when the call does not say otherwise. */
  readonly defaults: Readonly<Record<string, string>>
  /** Model names (task, logical, provider/model) that the key may use; null is no limit of its own. */
  readonly allowedModels: readonly string[] | null
}
