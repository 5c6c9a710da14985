import type { DialectName } from '../canonical/dialect-name.ts'
import type { Extensions } from '../canonical/extensions.ts'
import type { JsonObject } from '../lib/json.ts'

/** Takes note of a path that a format cannot say. */
export type Drop = (path: string) => void

/** How one format carries what only it can say. */
export interface OwnExtensions {
  /** Fields that only this format knows, as the `extensions` of a request, part or tool; nothing when there are none. */
  asExtensions(this: void, fields: JsonObject | undefined): { readonly extensions?: Extensions }
  /** This format's own fields of a request, part or tool. */
  ownExtensions(this: void, extensions: Extensions | undefined): JsonObject
  /** Reports the fields of other formats; `prefix` leads to what carries them. */
  reportForeign(this: void, extensions: Extensions | undefined, prefix: string, drop: Drop): void
}

/** The three of them for one format. */
export function extensionsOf(own: DialectName): OwnExtensions {
  return {
    asExtensions: (fields) => (fields && Object.keys(fields).length > 0 ? { extensions: { [own]: fields } } : {}),
    ownExtensions: (extensions) => extensions?.[own] ?? {},
    reportForeign(extensions, prefix, drop) {
      if (!extensions) return
      for (const [dialect, fields] of Object.entries(extensions)) {
        if (dialect === own || !fields) continue
        for (const field of Object.keys(fields)) drop(prefix + field)
      }
    },
  }
}
