import type { Cacheable, Part, ToolResultPart } from '../../canonical/content.ts'
import type { CanonicalRequest, Message } from '../../canonical/request.ts'
import type { JsonValue } from '../../lib/json.ts'
import { BLOCKED_TEXT, type GuardedToolResult, type ToolResultGuard, WRAPPER } from './guard-tool-result.ts'
import { isWorse, type Level } from './verdict.ts'

/*
 * Tool results inside a conversation. Each result is judged as a whole, all of its texts together, because an attack may be cut into parts; and the
 * end of the results before it together with its beginning, because it may be cut into results. What completes an attack pays for it.
 *
 * The outcome depends on the texts alone: the same history is changed in the same way on every turn, which keeps providers' prompt caches warm.
 */

/** What was found in one result. */
export interface ToolResultFinding {
  /** `messages[3].content[0]`. */
  readonly path: string
  readonly tool: string | null
  readonly toolCallId: string
  readonly level: Level
  readonly score: number
  readonly reason: string
  readonly blocked: boolean
  readonly wrapped: boolean
}

/** A request whose tool results were judged. */
export interface GuardedRequest {
  /** The same object when nothing had to change. */
  readonly request: CanonicalRequest
  readonly changed: boolean
  /** `injection_high`, `injection_medium`: for the reply's flags. */
  readonly flags: readonly string[]
  /** Results that were not `low`. */
  readonly findings: readonly ToolResultFinding[]
}

type Inner = ToolResultPart['content'][number]

/** How much of earlier results is read together with the next one. */
const SEAM_CHARS = 400
const MAX_FILE_CHARS = 4_000_000
const MAX_DEPTH = 64
const TEXT_MEDIA = /^(?:text\/|application\/(?:json|xml|x-yaml|yaml))/

/** Judges every tool result of a conversation. `scope` is the tenant. Throws what the guard throws. */
export function guardMessages(request: CanonicalRequest, guard: ToolResultGuard, scope?: string): GuardedRequest {
  const tools = new Map<string, string>()
  const findings: ToolResultFinding[] = []
  let changed = false
  let before = ''
  const check = (tool: string | null, text: string) =>
    guard.check({ tool, text, ...(scope === undefined ? {} : { scope }) })

  const guardResult = (part: ToolResultPart, path: string): ToolResultPart => {
    const tool = tools.get(part.toolCallId) ?? null
    const texts = part.content.flatMap((inner) => textIn(inner) ?? [])
    if (texts.length === 0) return part
    let verdict = check(tool, texts.join('\n'))
    if (texts.length > 1) verdict = worse(verdict, check(tool, texts.join('')))
    const joined = texts.join('\n')
    if (before !== '') {
      const seam = check(tool, `${before}\n${joined.slice(0, SEAM_CHARS)}`)
      if (isWorse(seam.level, verdict.level) && isWorse(seam.level, check(tool, before).level)) verdict = seam
    }
    before = `${before}\n${joined.slice(-SEAM_CHARS)}`.slice(-SEAM_CHARS)
    const { level, score, reason, blocked, wrapped } = verdict
    if (level !== 'low')
      findings.push({ path, tool, toolCallId: part.toolCallId, level, score, reason, blocked, wrapped })
    const guarded = blocked ? withheld(part) : wrapped ? marked(part) : part
    if (guarded !== part) changed = true
    return guarded
  }

  const messages = request.messages.map((message, at): Message => {
    let touched = false
    const content = message.content.map((part, index): Part => {
      if (part.type === 'tool-call') tools.set(part.id, part.name)
      if (part.type !== 'tool-result') return part
      const guarded = guardResult(part, `messages[${at}].content[${index}]`)
      if (guarded !== part) touched = true
      return guarded
    })
    return touched ? { ...message, content } : message
  })
  const flags = [...new Set(findings.map(({ level }) => `injection_${level}`))]
  return { request: changed ? { ...request, messages } : request, changed, flags, findings }
}

function worse(one: GuardedToolResult, other: GuardedToolResult): GuardedToolResult {
  return isWorse(other.level, one.level) ? other : one
}

/** The text of a piece of a result: its own, that of a text file, or all that a block of one dialect says. Pictures say nothing here. */
function textIn(part: Inner): string | null {
  if (part.type === 'text') return part.text
  if (part.type === 'opaque') return stringsIn(part.block).join('\n')
  if (part.type !== 'file' || part.source.kind !== 'base64' || !TEXT_MEDIA.test(part.source.mediaType)) return null
  return Buffer.from(part.source.data.slice(0, MAX_FILE_CHARS), 'base64').toString('utf8')
}

function stringsIn(value: JsonValue, depth = 0): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return []
  return (Array.isArray(value) ? value : Object.values(value)).flatMap((inner) => stringsIn(inner, depth + 1))
}

/** The result with nothing left of its content but its cache mark. */
function withheld(part: ToolResultPart): ToolResultPart {
  let mark: Cacheable = {}
  for (const { cacheKey, cacheTtl } of part.content as readonly Cacheable[]) {
    if (cacheKey !== undefined || cacheTtl !== undefined) {
      mark = { ...(cacheKey === undefined ? {} : { cacheKey }), ...(cacheTtl === undefined ? {} : { cacheTtl }) }
    }
  }
  return { ...part, content: [{ type: 'text', text: BLOCKED_TEXT, ...mark }] }
}

/** The result with the wrapper before everything else; itself when it has one already. */
function marked(part: ToolResultPart): ToolResultPart {
  const [first, ...rest] = part.content
  if (first?.type !== 'text') return { ...part, content: [{ type: 'text', text: WRAPPER }, ...part.content] }
  if (first.text.startsWith(WRAPPER)) return part
  return { ...part, content: [{ ...first, text: WRAPPER + first.text }, ...rest] }
}
