import type { Extensions } from '../../canonical/extensions.ts'
import type { JsonObject } from '../../lib/json.ts'

const DIALECT = 'bedrock-converse'

/** Fields that only this dialect knows, as the `extensions` of a part, tool or request; nothing when there are none. */
export function asExtensions(fields: JsonObject | undefined): { readonly extensions?: Extensions } {
  return fields ? { extensions: { [DIALECT]: fields } } : {}
}

/** The fields of this dialect that a part, tool or request carries. */
export function ownExtensions(extensions: Extensions | undefined): JsonObject {
  return extensions?.[DIALECT] ?? {}
}

/** Reports every field that belongs to another dialect; `prefix` is the path of what carries them. */
export function reportForeign(extensions: Extensions | undefined, prefix: string, drop: (path: string) => void): void {
  for (const [dialect, fields] of Object.entries(extensions ?? {})) {
    if (dialect === DIALECT || !fields) continue
    for (const field of Object.keys(fields)) drop(prefix + field)
  }
}
