import type { JsonObject } from '../../lib/json.ts'
import { type Inside, keeping, only, type ReadFields, unreadFields } from '../unread-fields.ts'

const PART: Inside = ({ type }) => {
  switch (type) {
    case 'input_audio':
      return only('type', { input_audio: only('data format') })
    case 'refusal':
      return only('type refusal')
    default:
      // Of others, what is not read is kept.
      return null
  }
}

/** Ids and states of items belong to the provider that wrote them, and are not told again. */
const ITEM: Inside = ({ type }) => {
  switch (type) {
    case undefined:
    case null:
    case 'message':
      return only('type id status role phase cache_key', { content: PART })
    case 'reasoning':
      return only('type id status encrypted_content', {
        summary: only('type text'),
        content: only('type text'),
      })
    case 'function_call_output':
      return only('type id status call_id cache_key', { output: PART })
    default:
      return null
  }
}

const REQUEST: ReadFields = keeping({
  metadata: only(),
  input: ITEM,
  tool_choice: ({ type }) => (type === 'function' ? only('type name') : null),
  text: keeping({
    format: ({ type }) => (type === 'json_schema' ? only('type name description schema strict') : null),
  }),
})

/** The paths of fields inside a Responses request that are not read: they would be lost in translation, and nobody would know. */
export function unreadIn(body: JsonObject): string[] {
  return unreadFields(body, REQUEST)
}
