import { textOf } from '../../canonical/content.ts'
import type { CanonicalResponse } from '../../canonical/response.ts'
import { HeardStream } from '../../execution/heard-stream.ts'
import { citationFault } from '../../guards/output/citations.ts'
import { parseJson } from '../../lib/json.ts'
import { asksForJson } from '../call-signals.ts'
import { callersDialect, knownAnswer } from '../known-answer.ts'
import { type Answered, type Checked, passed } from '../stages.ts'

/**
 * Looks at a whole answer before it is shown, and flags what its caller will trip over: an answer that is not the JSON that was asked for, a refusal,
 * tool arguments that do not parse, and missing citations where the task requires them. Flags go to the trace and to `x-headgate-flags`; nothing is changed. Of a stream that goes to
 * its caller as it comes, citations are looked for on its way, and flagged in the trace.
 */
export function guardOutput(answered: Answered): Checked {
  const { answer } = answered.executed
  if (answer.kind === 'whole') flagFaults(answered, answer.response)
  return answered.decision.checksCitations && answered.request.embedding === undefined
    ? withCitations(answered)
    : passed<Checked>(answered)
}

function flagFaults({ exchange, request }: Answered, { content, finishReason }: CanonicalResponse): void {
  let isRefusal = false
  let calls = 0
  let brokenCalls = 0
  for (const part of content) {
    if (part.type === 'refusal') isRefusal = true
    if (part.type !== 'tool-call') continue
    calls += 1
    if (parseJson(part.arguments) === undefined) brokenCalls += 1
  }
  if (isRefusal) exchange.flags.push('refused')
  else if (asksForJson(request) && calls === 0 && finishReason === 'stop' && parseJson(textOf(content)) === undefined)
    exchange.flags.push('json_invalid')
  if (brokenCalls > 0) exchange.flags.push('tool_arguments_invalid')
}

function withCitations(answered: Answered): Checked {
  const { exchange, request, executed } = answered
  const { answer } = executed
  const check = (said: CanonicalResponse | null): void => {
    const fault = said && citationFault(said, request.documents)
    if (fault) exchange.flags.push(fault)
  }
  const known = executed.isBroken ? null : knownAnswer(answered)
  if (known) check(known)
  if (known || executed.isBroken || answer.kind === 'whole') return passed<Checked>(answered)
  const heard = new HeardStream(answer, callersDialect(exchange), check)
  return passed<Checked>({ ...answered, executed: { ...executed, answer: heard } })
}
