import type { Extensions } from '../../canonical/extensions.ts'
import type { JsonObject } from '../../lib/json.ts'

/** This format's name. */
export const DIALECT = 'google-generate-content'

/** What stands for the thought signature of a call that Gemini did not make. */
export const FOREIGN_CALL_SIGNATURE = 'skip_thought_signature_validator'

/** Takes note of a path that this format cannot say. */
export type Drop = (path: string) => void

/** Fields that only this format knows, as the `extensions` of a request, part or tool; nothing when there are none. */
export function asExtensions(fields: JsonObject | undefined): { readonly extensions?: Extensions } {
  return fields ? { extensions: { [DIALECT]: fields } } : {}
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
