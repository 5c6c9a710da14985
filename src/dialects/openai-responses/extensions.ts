import type { OpaquePart } from '../../canonical/content.ts'
import type { Extensions } from '../../canonical/extensions.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'

const DIALECT = 'openai-responses'

/** Takes note of a path that this format cannot say. */
export type Drop = (path: string) => void

/** Fields that only this format knows, as the `extensions` of a request, part or tool; nothing when there are none. */
export function asExtensions(fields: JsonObject | undefined): { readonly extensions?: Extensions } {
  return fields && Object.keys(fields).length > 0 ? { extensions: { [DIALECT]: fields } } : {}
}

/** This format's own fields of a request, part or tool. */
export function ownExtensions(extensions: Extensions | undefined): JsonObject {
  return extensions?.[DIALECT] ?? {}
}

/** Reports the fields of other formats; `prefix` leads to what carries them. */
export function reportForeign(extensions: Extensions | undefined, prefix: string, drop: Drop): void {
  for (const [dialect, fields] of Object.entries(extensions ?? {})) {
    if (dialect === DIALECT || !fields) continue
    for (const field of Object.keys(fields)) drop(prefix + field)
  }
}

/** An item or a content part that the canonical model has no words for; without Headgate's own mark, which no host knows. */
export function ownPart({ cache_key: _, ...block }: JsonObject): OpaquePart {
  return { type: 'opaque', dialect: DIALECT, block }
}

/** What an opaque part of this format holds; null for a part of another one. */
export function ownBlock(part: OpaquePart): JsonObject | null {
  return part.dialect === DIALECT && isObject(part.block) ? part.block : null
}
