import type { Extensions } from '../../canonical/extensions.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Drop } from '../openai-chat/extensions.ts'

const DIALECT = 'cohere-chat'

/** Fields that only Cohere knows, as the `extensions` of a request or part; nothing when there are none. */
export function asExtensions(fields: JsonObject | undefined): { readonly extensions?: Extensions } {
  return fields ? { extensions: { [DIALECT]: fields } } : {}
}

/** Cohere's own fields of a request or part. */
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
