import { isObject, type JsonObject } from '../../lib/json.ts'
import { type Inside, keeping, only, type ReadFields, unreadFields } from '../unread-fields.ts'

const MARK = only('type ttl')
const SOURCES: ReadonlySet<unknown> = new Set(['base64', 'text', 'url', 'file'])

function holdsMedia({ source }: JsonObject): boolean {
  return isObject(source) && SOURCES.has(source.type)
}

const BLOCK: Inside = (block) => {
  switch (block.type) {
    case 'text':
    case 'tool_use':
      return keeping({ cache_control: MARK })
    case 'image':
    case 'document':
      return holdsMedia(block)
        ? keeping({ cache_control: MARK, source: only('type media_type data url file_id') })
        : null
    case 'tool_result':
      return keeping({ cache_control: MARK, content: BLOCK })
    case 'thinking':
      return only('type thinking signature')
    case 'redacted_thinking':
      return only('type data')
    default:
      return null
  }
}

const REQUEST: ReadFields = keeping({
  metadata: only('user_id'),
  system: BLOCK,
  messages: only('role cache_key', { content: BLOCK }),
  tools: ({ type }) =>
    type === undefined || type === null || type === 'custom' ? keeping({ cache_control: MARK }) : null,
  tool_choice: only('type name disable_parallel_tool_use'),
  output_format: only('type schema'),
  output_config: keeping({ format: ({ type }) => (type === 'json_schema' ? only('type schema') : null) }),
})

/** The paths of fields inside a Messages request that are not read: they would be lost in translation, and nobody would know. */
export function unreadIn(body: JsonObject): string[] {
  return unreadFields(body, REQUEST)
}
