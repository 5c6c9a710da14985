import type { DialectName } from '../canonical/dialect-name.ts'
import type { CanonicalRequest } from '../canonical/request.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { dialectOf, upstreamDialect } from '../dialects/registry.ts'
import type { JsonObject } from '../lib/json.ts'
import { editTopLevel } from '../lib/json-edit.ts'
import type { JsonMembers } from '../lib/json-members.ts'
import type { Deployment } from '../providers/deployment.ts'

/** A caller's body: its own bytes, where its members stand in them, and what they parse to. */
export interface OriginalBody {
  readonly bytes: Buffer
  readonly members: JsonMembers
  readonly body: JsonObject
}

/** What came in, for as far as it may go out again unchanged. */
export interface Inbound {
  /** Null for calls of the library, which have no wire format. */
  readonly dialect: DialectName | null
  /** What the caller wrote; null when it must not be sent (a guard changed the content). */
  readonly original: OriginalBody | null
  /** What the caller wrote, whether it may be sent or not; null for calls of the library. */
  readonly body: JsonObject | null
  /** Headers of the caller that belong to its wire format (`anthropic-beta`); they travel on only when the format stays the same. */
  readonly headers: Readonly<Record<string, string>>
  /** Top-level fields of the body that are Headgate's own. */
  readonly remove: readonly string[]
  /** Entries of the body's `metadata` that were read as context. */
  readonly removeMetadata: readonly string[]
  /** Whether policy changed parameters beyond the model and the output cap, so that bytes alone will not do. */
  readonly parametersChanged: boolean
}

/** A request ready to be written to the socket. */
export interface EncodedAttempt {
  readonly body: Buffer
  readonly dropped: readonly string[]
}

/**
 * The request in the deployment's wire format: the caller's own bytes with a few fields edited when the formats agree and
 * nothing else changed, else written anew from the canonical request. `capTokens` is the output cap, where it is not that of the request.
 */
export function encodeAttempt(
  request: CanonicalRequest,
  deployment: Deployment,
  inbound: Inbound,
  promptCacheKey: string | undefined,
  capTokens: number | null = null,
  dialect: Dialect = upstreamDialect(deployment.dialects, inbound.dialect),
): EncodedAttempt {
  const { original } = inbound
  const { model } = deployment
  const { quirks } = deployment.endpoint
  const maxOutputTokens = capTokens ?? request.maxOutputTokens
  const caller = inbound.dialect ?? undefined
  if (caller === dialect.name && original && !inbound.parametersChanged) {
    const edits = dialect.relayEdits(original.body, {
      model,
      quirks,
      caller,
      promptCacheKey,
      maxOutputTokens,
      needUsage: request.stream,
      remove: inbound.remove,
      removeMetadata: inbound.removeMetadata,
    })
    if (edits) {
      const { rejects = NONE } = quirks
      return {
        body: editTopLevel(original.bytes, edits, original.members),
        dropped: rejects.length === 0 ? NONE : edits.remove.filter((field) => rejects.includes(field)),
      }
    }
  }
  const asked = { ...request, model, ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }) }
  const { body, dropped } = dialect.encodeRequest(asked, { model, quirks, caller, promptCacheKey })
  return { body: Buffer.from(JSON.stringify(body)), dropped: [...dropped, ...unreadIn(inbound)] }
}

const NONE: readonly string[] = []

/** What the caller wrote that nobody has read, and that is not Headgate's own. */
function unreadIn({ dialect, body, removeMetadata }: Inbound): readonly string[] {
  if (dialect === null || body === null) return []
  const own = new Set(removeMetadata.map((name) => `metadata.${name}`))
  return (dialectOf(dialect).unreadIn?.(body) ?? []).filter((path) => !own.has(path))
}
