import type { ToolResultPart } from '../../canonical/content.ts'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import type { ToolResultGuard, ToolResultVerdict } from './guard-tool-result.ts'

/** One tool result that was not harmless. */
export interface Finding {
  /** `messages[3].content[0]`. */
  readonly path: string
  readonly tool: string
  readonly verdict: ToolResultVerdict
}

/** A conversation after its tool results were judged. */
export interface GuardedMessages {
  /** The very request that came in when nothing changed. */
  readonly request: CanonicalRequest
  readonly changed: boolean
  /** `injection_high`, `injection_medium`: each once. */
  readonly flags: readonly string[]
  readonly findings: readonly Finding[]
}

/**
 * Judges every tool result of a conversation. All text parts of one result are judged together, so that an attack cannot be
 * split over them; pictures and files are not read.
 */
export function guardMessages(request: CanonicalRequest, guard: ToolResultGuard): GuardedMessages {
  const tools = toolNames(request)
  const findings: Finding[] = []
  let changed = false
  const messages = request.messages.map((message, at): Message => {
    if (!message.content.some((part) => part.type === 'tool-result')) return message
    const content = message.content.map((part, index) => {
      if (part.type !== 'tool-result') return part
      const text = textOfResult(part)
      if (text === '') return part
      const tool = tools.get(part.toolCallId) ?? 'unknown'
      const verdict = guard.check({ tool, text })
      if (verdict.level !== 'low') findings.push({ path: `messages[${at}].content[${index}]`, tool, verdict })
      if (verdict.text === text) return part
      changed = true
      return rewritten(part, verdict)
    })
    return { ...message, content }
  })
  const flags = [...new Set(findings.map(({ verdict }) => `injection_${verdict.level}`))]
  return { request: changed ? { ...request, messages } : request, changed, flags, findings }
}

function toolNames(request: CanonicalRequest): ReadonlyMap<string, string> {
  const names = new Map<string, string>()
  for (const { content } of request.messages) {
    for (const part of content) if (part.type === 'tool-call') names.set(part.id, part.name)
  }
  return names
}

/** Parts are joined as a model reads them: one after another. */
function textOfResult(part: ToolResultPart): string {
  return part.content.flatMap((inner) => (inner.type === 'text' ? [inner.text] : [])).join('\n')
}

/** The judged text takes the place of all text parts; a blocked result keeps nothing else, a wrapped one its pictures. */
function rewritten(part: ToolResultPart, verdict: ToolResultVerdict): ToolResultPart {
  const others = verdict.blocked ? [] : part.content.filter((inner) => inner.type !== 'text')
  return { ...part, content: [{ type: 'text', text: verdict.text }, ...others] }
}
