import { isObject, type JsonObject } from '../../lib/json.ts'
import { type Inside, keeping, only, type ReadFields, unreadFields } from '../unread-fields.ts'

const PART: Inside = ({ type }) => {
  switch (type) {
    case 'text':
    case 'image_url':
    case 'file':
      return keeping({ image_url: only('url detail'), file: only('filename file_id file_data') })
    case 'input_audio':
      return only('type', { input_audio: only('data format') })
    case 'document_url':
      return only('type document_url document_name cache_key cache_control')
    case 'refusal':
    case 'thinking':
      return only('type refusal thinking')
    default:
      return null
  }
}

const FUNCTION = only('name description parameters strict')
const CALL: Inside = (call) =>
  isObject(call.custom)
    ? null
    : only('id type index extra_content cache_key cache_control', { function: only('name arguments') })

/** What is read of messages: also what hosts write into answers and clients give back as it was. */
const MESSAGE = only('role name refusal tool_call_id reasoning_content reasoning reasoning_details audio prefix', {
  cache_key: null,
  cache_control: only('type ttl'),
  content: PART,
  tool_calls: CALL,
  function_call: only('name arguments'),
})

const REQUEST: ReadFields = keeping({
  metadata: only(),
  messages: MESSAGE,
  tools: ({ type }) =>
    type === 'function' || type === undefined ? keeping({ function: FUNCTION, cache_control: only('type ttl') }) : null,
  functions: FUNCTION,
  tool_choice: ({ type }) => (type === 'function' ? only('type', { function: only('name') }) : null),
  function_call: only('name'),
  response_format: ({ type }) =>
    type === 'json_schema' ? only('type', { json_schema: only('name description schema strict') }) : null,
})

/** The paths of fields inside a Chat Completions request that are not read: they would be lost in translation, and nobody would know. */
export function unreadIn(body: JsonObject): string[] {
  return unreadFields(body, REQUEST)
}
