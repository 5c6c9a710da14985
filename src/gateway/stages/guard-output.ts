import { textOf } from '../../canonical/content.ts'
import { parseJson } from '../../lib/json.ts'
import type { Answered, Checked } from '../stages.ts'

/**
 * Looks at a whole answer before it is shown, and flags what its caller will trip over: an answer that is not the JSON that was asked for, a refusal, and
 * tool arguments that do not parse. Flags go to the trace and to `x-headgate-flags`; nothing is changed.
 */
export function guardOutput(answered: Answered): Checked {
  const { exchange, request, executed } = answered
  if (executed.answer.kind === 'whole') {
    const { content, finishReason } = executed.answer.response
    const calls = content.filter((part) => part.type === 'tool-call')
    const isRefusal = content.some(({ type }) => type === 'refusal')
    const wantsJson = request.responseFormat !== undefined && request.responseFormat.type !== 'text'
    if (isRefusal) exchange.flags.push('refused')
    else if (wantsJson && calls.length === 0 && finishReason === 'stop' && parseJson(textOf(content)) === undefined) {
      exchange.flags.push('json_invalid')
    }
    if (calls.some((call) => parseJson(call.arguments) === undefined)) exchange.flags.push('tool_arguments_invalid')
  }
  return { ...answered, checked: true }
}
