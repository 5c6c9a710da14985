import type { Quality, Risk, Sensitivity } from '../canonical/call-words.ts'

export type { Risk }

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
  readonly quality: Quality | null
  readonly priority: string | null
  readonly visibility: string | null
  readonly dataSensitivity: Sensitivity | null
  readonly region: string | null
  readonly latencyTargetMs: number | null
  readonly maxCostUsd: number | null
  readonly promptVersion: string | null
  readonly runId: string | null
  /** How many documents product code found for this call. */
  readonly retrievedDocuments: number | null
  readonly permissionScope: string | null
}

/** A call, as limits, budgets and switches see it. */
export interface CallSubject {
  readonly context: CallContext
  /** The virtual key's id; null when no key was used. */
  readonly keyId: string | null
  /** The task that it is run as, which its rows name, whatever it says of itself. Default: its own label. */
  readonly task?: string | null | undefined
}

/** Values of a call by the names that limits, budgets and switches have for them; null where the call has none. */
export const CALL_VALUES = {
  tenant: ({ context }) => context.tenantId,
  team: ({ context }) => context.teamId,
  user: ({ context }) => context.userId,
  feature: ({ context }) => context.feature,
  task: ({ context, task }) => (task === undefined ? context.task : task),
  key: ({ keyId }) => keyId,
  run: ({ context }) => context.runId,
  plan: ({ context }) => context.plan,
  risk: ({ context }) => context.risk,
  quality: ({ context }) => context.quality,
  priority: ({ context }) => context.priority,
  visibility: ({ context }) => context.visibility,
  data_sensitivity: ({ context }) => context.dataSensitivity,
  region: ({ context }) => context.region,
  prompt_version: ({ context }) => context.promptVersion,
  permission_scope: ({ context }) => context.permissionScope,
} as const satisfies Readonly<Record<string, (call: CallSubject) => string | null>>

/** Scopes whose values mean something within one tenant only: two tenants may each have a user `u1`. */
export const TENANTS_OWN: ReadonlySet<string> = new Set(['tenant', 'team', 'user', 'run'])

/** A call that says nothing: whose it is stands beside. */
export const SILENT_CALL: Omit<CallContext, 'tenantId'> = {
  userId: null,
  teamId: null,
  feature: '',
  task: null,
  plan: null,
  risk: 'read_only',
  quality: null,
  priority: null,
  visibility: null,
  dataSensitivity: null,
  region: null,
  latencyTargetMs: null,
  maxCostUsd: null,
  promptVersion: null,
  runId: null,
  retrievedDocuments: null,
  permissionScope: null,
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
