import type { JsonValue } from '../lib/json.ts'
import type { DialectName } from './dialect-name.ts'

/**
 * What only one dialect can say, under its name: wire fields by name, as they were written.
 * The same dialect restores them; the others report them as dropped.
 */
export type Extensions = { readonly [name in DialectName]?: { readonly [field: string]: JsonValue } }

/** Something that may carry what only its own dialect can say (citations, a thought signature on a tool call). */
export interface Extensible {
  readonly extensions?: Extensions
}
