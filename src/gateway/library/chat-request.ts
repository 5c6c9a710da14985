import type { Part } from '../../canonical/content.ts'
import type { CanonicalRequest, Message, ReasoningRequest, ResponseFormat, Role } from '../../canonical/request.ts'
import type { SourceDocument } from '../../canonical/source-document.ts'
import type { Tool, ToolChoice } from '../../canonical/tool.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { LibraryCall } from '../inbound-call.ts'
import { sourceDocuments } from '../source-documents.ts'

/** A message as product code writes it: text, or canonical parts. The `message` of an answer can be pushed back as it is. */
export interface ChatMessage {
  readonly role: Role
  readonly content: string | readonly Part[]
  /** Names a stable segment that ends with this message: `support-v7`. The provider may cache everything up to here. */
  readonly cacheKey?: string
  /** For `role: 'tool'` with text content: which call this answers. */
  readonly toolCallId?: string
}

/** A tool as product code writes it; `parameters` is JSON Schema. */
export interface ChatTool {
  readonly name: string
  readonly description?: string
  readonly parameters?: JsonObject
  readonly strict?: boolean
}

/** What a call says about itself; the same attributes as the `x-headgate-…` headers. */
export interface ChatContext {
  readonly tenantId: string
  readonly feature: string
  readonly userId?: string
  readonly teamId?: string
  readonly task?: string
  readonly risk?: 'read_only' | 'write' | 'admin'
  readonly quality?: 'economy' | 'balanced' | 'best'
  readonly priority?: string
  readonly visibility?: string
  readonly dataSensitivity?: 'public' | 'internal' | 'confidential' | 'restricted'
  readonly region?: string
  readonly latencyTargetMs?: number
  /** The most this call may cost, in USD. */
  readonly maxCostUsd?: number
  readonly promptVersion?: string
  readonly runId?: string
  /** How many documents were found for this call. */
  readonly retrievedDocuments?: number
  readonly permissionScope?: string
}

/** How a call is made. */
export interface CallOptions {
  /** Runs once however often it is sent: the same key gives the same answer again. At most 255 characters; kept for a day. */
  readonly idempotencyKey?: string
  /** Continues this W3C trace. */
  readonly traceparent?: string
  /** Abort it to leave: the upstream call ends within 100 ms. */
  readonly signal?: AbortSignal
}

/** One call of the library. */
export interface ChatRequest extends ChatContext, CallOptions {
  /** A task, a logical model or `provider/model`. May be left out when `task` is given. */
  readonly model?: string
  readonly messages: readonly ChatMessage[]
  readonly tools?: readonly ChatTool[]
  readonly toolChoice?: ToolChoice
  readonly parallelToolCalls?: boolean
  readonly maxOutputTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly responseFormat?: ResponseFormat
  /** Sources that the answer may cite by their ids: what answers are held against where the task requires citations. They are not sent; put what the model is to read into `messages`. */
  readonly documents?: readonly SourceDocument[]
  readonly reasoning?: ReasoningRequest
}

/** A chat of the library as a call. Throws GatewayError `invalid_request` with the field's path. */
export function chatCallOf(request: ChatRequest, stream: boolean): Omit<LibraryCall, 'signal' | 'dismiss'> {
  return {
    face: 'library',
    request: canonicalOf(request, stream),
    context: contextOf(request),
    traceparent: request.traceparent ?? null,
    idempotencyKey: request.idempotencyKey,
  }
}

/** The canonical request of a library call. Throws GatewayError `invalid_request` with the field's path. */
function canonicalOf(request: ChatRequest, stream: boolean): CanonicalRequest {
  const model = request.model ?? request.task
  if (!model) throw invalid('model', 'Name a model, or a task that has one.')
  if (!Array.isArray(request.messages) || request.messages.length === 0) {
    throw invalid('messages', 'messages must be a list with at least one message.')
  }
  const tools = request.tools?.map((tool): Tool => ({ type: 'function', ...tool }))
  return {
    model,
    stream,
    includeUsage: true,
    messages: request.messages.map(messageOf),
    ...(tools ? { tools } : {}),
    ...(request.documents === undefined ? {} : { documents: sourceDocuments(request.documents) }),
    ...given(request, PARAMETERS),
  }
}

/** The context attributes of a library call, in snake_case. */
export function contextOf(request: ChatContext): Record<string, string> {
  const context: Record<string, string> = {}
  for (const name of CONTEXT) {
    const value = request[name]
    if (value === undefined || value === null) continue
    context[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = String(value)
  }
  return context
}

const PARAMETERS = [
  'toolChoice',
  'parallelToolCalls',
  'maxOutputTokens',
  'temperature',
  'topP',
  'stop',
  'seed',
  'responseFormat',
  'reasoning',
] as const satisfies readonly (keyof ChatRequest & keyof CanonicalRequest)[]

const CONTEXT = [
  'tenantId',
  'feature',
  'userId',
  'teamId',
  'task',
  'risk',
  'quality',
  'priority',
  'visibility',
  'dataSensitivity',
  'region',
  'latencyTargetMs',
  'maxCostUsd',
  'promptVersion',
  'runId',
  'retrievedDocuments',
  'permissionScope',
] as const satisfies readonly (keyof ChatContext)[]

const ROLES: ReadonlySet<string> = new Set<Role>(['system', 'user', 'assistant', 'tool'])

function messageOf(message: ChatMessage, index: number): Message {
  const path = `messages[${index}]`
  if (!ROLES.has(message.role)) throw invalid(`${path}.role`, 'role must be system, user, assistant or tool.')
  const { cacheKey, toolCallId } = message
  const mark = cacheKey === undefined ? {} : { cacheKey }
  if (typeof message.content !== 'string') {
    if (!Array.isArray(message.content)) throw invalid(`${path}.content`, 'content must be text or a list of parts.')
    const last = message.content.length - 1
    const content = message.content.map((part: Part, at) => (at === last ? { ...part, ...mark } : part))
    return { role: message.role, content }
  }
  if (message.role !== 'tool')
    return { role: message.role, content: [{ type: 'text', text: message.content, ...mark }] }
  if (!toolCallId) throw invalid(`${path}.toolCallId`, 'A tool message must name the call it answers.')
  const result: Part = { type: 'tool-result', toolCallId, content: [{ type: 'text', text: message.content }], ...mark }
  return { role: 'tool', content: [result] }
}

function given<Name extends keyof ChatRequest>(request: ChatRequest, names: readonly Name[]): Pick<ChatRequest, Name> {
  const picked: Partial<Pick<ChatRequest, Name>> = {}
  for (const name of names) if (request[name] !== undefined) picked[name] = request[name]
  return picked as Pick<ChatRequest, Name>
}

function invalid(param: string, message: string): GatewayError {
  return new GatewayError('invalid_request', message, { param })
}
