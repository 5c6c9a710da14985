import type { RepeatableCall } from '../../admission/runaway.ts'
import type { Routed } from '../stages.ts'

/** Parts of a body that make the conversation, in any wire format. */
const CONVERSATION: ReadonlySet<string> = new Set(['messages', 'system'])

/** A call by what makes it the same as another. */
export function repeatableCall({ context, principal, request, original }: Routed): RepeatableCall {
  const conversation = (): readonly (Buffer | string)[] => {
    if (!original) return [JSON.stringify(request.messages)]
    const parts = original.members.list.filter(({ key }) => CONVERSATION.has(key))
    return parts.map(({ valueStart, end }) => original.bytes.subarray(valueStart, end))
  }
  return { context, keyId: principal.keyId, model: request.model, conversation }
}
