import type { OpaquePart } from '../../canonical/content.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { extensionsOf } from '../own-extensions.ts'

const DIALECT = 'openai-responses'

/** What only this format can say, and how it is carried. */
export const { asExtensions, ownExtensions, reportForeign } = extensionsOf(DIALECT)

/** An item or a content part that the canonical model has no words for; without Headgate's own mark, which no host knows. */
export function ownPart({ cache_key: _, ...block }: JsonObject): OpaquePart {
  return { type: 'opaque', dialect: DIALECT, block }
}

/** What an opaque part of this format holds; null for a part of another one. */
export function ownBlock(part: OpaquePart): JsonObject | null {
  return part.dialect === DIALECT && isObject(part.block) ? part.block : null
}
