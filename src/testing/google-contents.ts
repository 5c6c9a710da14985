import type { JsonObject } from '../lib/json.ts'
import { isObject } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'
import { field, listOf } from './google-fields.ts'

const KINDS = [
  ...['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse', 'executableCode', 'codeExecutionResult'],
  ...['toolCall', 'toolResponse'],
]

/** Checks a conversation as Google does: roles, parts, calls and their results, and from Gemini 3 on the signatures of calls. Throws BadRequest. */
export function checkContents(contents: readonly JsonObject[], wantsSignatures: boolean): void {
  if (contents.length === 0)
    throw new BadRequest('* GenerateContentRequest.contents: contents is not specified', 'contents')
  let called = 0
  for (const [index, content] of contents.entries()) {
    const parts = listOf(field(content, 'parts'))
    const role = content.role ?? 'user'
    if (role !== 'user' && role !== 'model' && role !== 'function')
      throw new BadRequest('Please use a valid role: user, model.', `contents[${index}].role`)
    if (parts.length === 0)
      throw new BadRequest(
        `* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.`,
        'contents',
      )
    for (const part of parts) checkPart(part, index)
    const calls = parts.filter((part) => isObject(field(part, 'functionCall')))
    const results = parts.filter((part) => isObject(field(part, 'functionResponse')))
    if (called !== results.length)
      throw new BadRequest(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
        'contents',
      )
    if (calls.length > 0 && (role !== 'model' || index === 0))
      throw new BadRequest(
        'Please ensure that function call turn comes immediately after a user turn or after a function response turn.',
        'contents',
      )
    const [first] = calls
    if (wantsSignatures && first && !field(first, 'thoughtSignature'))
      throw new BadRequest(
        `Function call is missing a thought_signature in functionCall parts. (content block ${index})`,
        'contents',
      )
    called = calls.length
  }
  if (called > 0) throw new BadRequest('Please ensure that function calls are followed by their responses.', 'contents')
}

function checkPart(part: JsonObject, index: number): void {
  const kinds = KINDS.filter((kind) => field(part, kind) !== undefined)
  // A thought may be nothing but its signature.
  if (kinds.length > 1 || (kinds.length === 0 && !field(part, 'thoughtSignature')))
    throw new BadRequest(
      `* GenerateContentRequest.contents[${index}].parts: required oneof field 'data' must have one initialized field`,
      'contents',
    )
  const result = field(part, 'functionResponse')
  if (isObject(result) && (typeof result.name !== 'string' || result.name === ''))
    throw new BadRequest('GenerateContentRequest.contents.parts.function_response.name: Name cannot be empty.')
  if (isObject(result) && !isObject(result.response))
    throw new BadRequest('GenerateContentRequest.contents.parts.function_response.response: required.')
}
