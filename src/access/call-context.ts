import type { CallContext, Principal } from './context.ts'
import { checkedValue } from './context-fields.ts'
import { contextLike, contextOf, type Given, UNNAMED } from './context-of.ts'
import { type Found, fromHeaders, fromKeyDefaults, fromMetadata, fromProcess, type Source } from './context-sources.ts'
import type { HeaderBag } from './header-bag.ts'
import { metadataMissing } from './metadata-missing.ts'
import { payingTenant } from './paying-tenant.ts'

/*
 * What a call says about itself, and what of it counts.
 *
 * Who pays is never the caller's word: the tenant comes from the key (or must be one the key may speak for), plan and residency come
 * from the tenant's configuration. Everything else is read in one order: process, header, metadata, key default.
 */

/** Where context may stand in one call. */
export interface ContextAsk {
  readonly principal: Principal
  readonly headers: HeaderBag
  /** The body's `metadata`, unchecked. */
  readonly metadata?: unknown
  /** Entries of `metadata` that belong to the dialect itself and stay in the body (`user_id` of Anthropic Messages). */
  readonly dialectMetadata?: readonly string[] | undefined
  /** The end user in the dialect's own field (OpenAI `user`), and that field's path; fills `user_id` when nothing else did. */
  readonly endUser?: { readonly value: string; readonly path: string } | undefined
  /** What the process itself set: the fields of `chat`, or what `fetchFor` is bound to; snake_case names. Wins over everything. */
  readonly process?: Readonly<Record<string, unknown>> | undefined
  /** The `model` of the call: a task's name there counts as the task. */
  readonly model?: string
}

/** What the configuration says about contexts. */
export interface ContextPolicy {
  /** Attributes without which a call is refused, snake_case. */
  readonly required: readonly string[]
  /** Plan and residency of a tenant; null for a tenant that is not configured. */
  tenant(tenantId: string): { readonly plan: string | null; readonly region: string | null } | null
  isTask(name: string): boolean
}

/** The context, and what became of the places it was read from. */
export interface ReadContext {
  readonly context: CallContext
  /** Entries of `metadata` that were context: they must not travel upstream. */
  readonly metadataRead: readonly string[]
  /** Paths of what the caller said and what does not count: a plan, a region the tenant does not have, misspelt headers. */
  readonly ignored: readonly string[]
}

/**
 * Reads the context of a call. Throws GatewayError `invalid_request` (with the path), `metadata_missing`, `tenant_mismatch`
 * or `permission_denied`.
 */
export function readCallContext(ask: ContextAsk, policy: ContextPolicy): ReadContext {
  const { principal } = ask
  const metadata = fromMetadata(ask.metadata)
  const headers = fromHeaders(ask.headers)
  const process = fromProcess(ask.process)
  const key = fromKeyDefaults(principal.defaults)
  // What a key says for all of its calls is not read again for each that says nothing itself.
  const isSilent = process.size + headers.source.size + metadata.size === 0
  const sources = isSilent ? [key.source] : [process, headers.source, metadata, key.source]
  const text = (name: string): string | null => firstOf(sources, name)?.value ?? null

  const tenantId = payingTenant(principal, sources)
  const tenant = tenantId === null ? null : policy.tenant(tenantId)
  const taskOfModel = ask.model !== undefined && policy.isTask(ask.model) ? ask.model : null
  const given = {
    tenantId: tenantId ?? UNNAMED,
    userId: text('user_id') ?? endUser(ask),
    task: text('task') ?? taskOfModel,
    plan: tenant?.plan ?? null,
    region: tenant?.region ?? text('region'),
  }
  const context = isSilent ? contextLike(key.context, given) : contextOf(text, given)
  const missing = missingOf(policy.required, text, tenantId, given)
  if (missing.length > 0) throw metadataMissing(missing)
  const wrong = overruled(sources, context)
  return {
    context,
    metadataRead: metadata.size === 0 ? NONE : namesIn(metadata, ask.dialectMetadata),
    ignored: wrong.length === 0 ? headers.unknown : [...headers.unknown, ...wrong],
  }
}

const NONE: readonly string[] = []

function namesIn(metadata: Source, kept: readonly string[] | undefined): readonly string[] {
  return [...metadata.keys()].filter((name) => !kept?.includes(name))
}

/** Which attributes a call must have and has not. What is given is not looked up: a tenant that nobody named is still called something in the context. */
function missingOf(
  required: readonly string[],
  text: (name: string) => string | null,
  tenantId: string | null,
  { userId, task, plan, region }: Given,
): readonly string[] {
  if (required.length === 0) return NONE
  const given: Readonly<Record<string, string | null>> = { tenant_id: tenantId, user_id: userId, task, plan, region }
  return required.filter((name) => (name in given ? given[name] : text(name)) === null)
}

/** Paths where the caller named a plan, or a region that its tenant does not have. */
function overruled(sources: readonly Source[], context: CallContext): readonly string[] {
  const plan = firstOf(sources, 'plan')
  const region = firstOf(sources, 'region')
  if (!plan && !region) return NONE
  const paths: string[] = []
  if (plan) paths.push(plan.path)
  if (region && region.value !== context.region) paths.push(region.path)
  return paths
}

function endUser({ endUser: user }: ContextAsk): string | null {
  return user === undefined ? null : checkedValue({ type: 'text' }, user.value, user.path)
}

function firstOf(sources: readonly Source[], name: string): Found | null {
  for (const source of sources) {
    const found = source.get(name)
    if (found) return found
  }
  return null
}
