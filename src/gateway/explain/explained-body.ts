import { checkedValue, FIELD_BY_NAME } from '../../access/context-fields.ts'
import type { DialectName } from '../../canonical/dialect-name.ts'
import type { PathAsk } from '../../dialects/dialect.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts'
import { editTopLevel } from '../../lib/json-edit.ts'
import type { SupposedSignals } from '../../policy/replay/supposed.ts'
import { modelPath } from '../data-plane/model-paths.ts'
import type { Supposed } from '../inbound-call.ts'
import { supposedSignals } from '../supposed-values.ts'

/*
 * What `POST /v1/explain` is asked about: a call as it would be sent, or only what it would say about itself.
 *
 * The format of a call is what `path` or `dialect` says, or else found by its shape: `contents` is Gemini's; `messages` is Anthropic's when something in it, or
 * beside it, is Anthropic's alone, else Chat Completions; `input` is embeddings when it is a list of texts or tokens or stands with `encoding_format`
 * or `dimensions`, else Responses.
 */

/** A call that is to be explained, as it would have come. */
export interface ExplainedCall {
  readonly dialect: DialectName
  readonly asked: PathAsk | null
  readonly bytes: Buffer
  readonly supposed: Supposed
}

/** Fields that say how the rest is to be read, or what is supposed of it, and are no part of the call. */
const OWN_FIELDS = ['dialect', 'path', 'complexity', 'budget_used']

/** What may stand beside a context. */
const SUPPOSED_FIELDS: ReadonlySet<string> = new Set([
  'context',
  'input_tokens',
  'model',
  'max_output_tokens',
  'requires_json',
  'stream',
  'complexity',
  'budget_used',
])

/** What is no attribute of a context and may be said as one, because rules ask for it in the same way. */
const ASKED_BY_RULES: ReadonlySet<string> = new Set(['requires_json', 'complexity', 'budget_used'])

/** Formats that callers speak here. */
const INBOUND: readonly DialectName[] = [
  'openai-chat',
  'openai-responses',
  'openai-embeddings',
  'anthropic-messages',
  'google-generate-content',
]

const MOST_TOKENS = 1_000_000_000

/** Reads the body. Throws GatewayError `invalid_request` with the field's path. */
export function explainedCall(bytes: Buffer, headers: Readonly<Record<string, string>>): ExplainedCall {
  const body = parseJson(bytes.toString('utf8'))
  if (!isObject(body)) throw invalid(undefined, 'The body must be a JSON object: a call, or { context, input_tokens }.')
  if (body.context !== undefined) return supposedCall(body, headers)
  const path = textIn(body, 'path')
  const named = path === undefined ? null : modelPath(path)
  if (path !== undefined && !named) throw invalid('path', `${path} is no address of a model call.`)
  const dialect = named?.dialect ?? dialectNamed(body) ?? dialectOfShape(body, headers)
  const isGemini = dialect === 'google-generate-content'
  const asked = named?.asked ?? (isGemini ? { model: modelIn(body), stream: body.stream === true } : null)
  const remove = isGemini ? [...OWN_FIELDS, 'model', 'stream'] : OWN_FIELDS
  return { dialect, asked, bytes: editTopLevel(bytes, { set: {}, remove }), supposed: { signals: signalsIn(body) } }
}

/** A call of which only the context and the length of the prompt are known. */
function supposedCall(body: JsonObject, headers: Readonly<Record<string, string>>): ExplainedCall {
  const unknown = Object.keys(body).find((name) => !SUPPOSED_FIELDS.has(name))
  if (unknown !== undefined) {
    throw invalid(unknown, `${unknown} does not go with context, which takes ${[...SUPPOSED_FIELDS].join(', ')}.`)
  }
  const { context, input_tokens: inputTokens = 0, max_output_tokens: most } = body
  if (!isObject(context)) throw invalid('context', 'context must be an object of context attributes.')
  const ignored = ignoredIn(context)
  const tokens = countIn(inputTokens, 'input_tokens')
  const task = context.task ?? headers['x-headgate-task']
  const model = textIn(body, 'model') ?? (typeof task === 'string' ? task : undefined)
  if (model === undefined) throw invalid('context.task', 'Name context.task, or a model.')
  const call = {
    model,
    messages: [{ role: 'user', content: '' }],
    metadata: context,
    stream: isTrue(body, 'stream'),
    ...(isTrue(body, 'requires_json') || isTrue(context, 'requires_json')
      ? { response_format: { type: 'json_object' } }
      : {}),
    ...(most === undefined ? {} : { max_completion_tokens: countIn(most, 'max_output_tokens') }),
  }
  const bytes = Buffer.from(JSON.stringify(call))
  return {
    dialect: 'openai-chat',
    asked: null,
    bytes,
    supposed: { inputTokens: tokens, ignored, signals: signalsIn({ ...context, ...body }) },
  }
}

/** Checks the attributes, each by its own path; gives the paths of names that say nothing here, most likely misspelt. */
function ignoredIn(context: JsonObject): readonly string[] {
  const ignored: string[] = []
  for (const [name, value] of Object.entries(context)) {
    const rule = FIELD_BY_NAME.get(name)?.rule
    if (rule) checkedValue(rule, value, `context.${name}`)
    else if (!ASKED_BY_RULES.has(name)) ignored.push(`context.${name}`)
  }
  return ignored
}

function signalsIn({ complexity, budget_used: budgetUsed }: JsonObject): SupposedSignals {
  return supposedSignals({ complexity, budget_used: budgetUsed })
}

/** Whether a yes-or-no is yes; a rule may ask for it as for an attribute. */
function isTrue(place: JsonObject, name: string): boolean {
  const value = place[name] ?? false
  if (typeof value !== 'boolean') throw invalid(name, `${name} must be true or false.`)
  return value
}

function countIn(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_TOKENS) return value
  throw invalid(path, `${path} must be a whole number of tokens.`)
}

function dialectNamed(body: JsonObject): DialectName | null {
  const name = textIn(body, 'dialect')
  if (name === undefined) return null
  const found = INBOUND.find((one) => one === name)
  if (!found) throw invalid('dialect', `dialect must be one of ${INBOUND.join(', ')}.`)
  return found
}

function modelIn(body: JsonObject): string {
  const model = textIn(body, 'model')
  if (!model) throw invalid('model', 'Name the model, which Gemini has in its address, in the field model.')
  return model
}

function textIn(body: JsonObject, field: string): string | undefined {
  const value = body[field]
  if (value === undefined || typeof value === 'string') return value
  throw invalid(field, `${field} must be a text.`)
}

const OF_EMBEDDINGS = ['encoding_format', 'dimensions']
/** Fields of Anthropic Messages that Chat Completions does not have. */
const OF_MESSAGES = ['system', 'stop_sequences', 'thinking', 'anthropic_version', 'mcp_servers', 'container']
const PARTS_OF_MESSAGES: ReadonlySet<unknown> = new Set(['tool_use', 'tool_result', 'thinking', 'redacted_thinking'])

function dialectOfShape(body: JsonObject, headers: Readonly<Record<string, string>>): DialectName {
  if (body.contents !== undefined) return 'google-generate-content'
  if (body.messages !== undefined) {
    return headers['anthropic-version'] !== undefined || isOfMessages(body) ? 'anthropic-messages' : 'openai-chat'
  }
  if (body.input !== undefined) return isOfEmbeddings(body) ? 'openai-embeddings' : 'openai-responses'
  throw invalid(undefined, 'Send a call (with messages, input or contents), or { context, input_tokens }.')
}

function isOfMessages(body: JsonObject): boolean {
  const { tools, messages } = body
  if (OF_MESSAGES.some((field) => body[field] !== undefined)) return true
  if (Array.isArray(tools) && tools.some((tool) => isObject(tool) && tool.input_schema !== undefined)) return true
  const parts = Array.isArray(messages) ? messages.flatMap((one) => (isObject(one) ? one.content : [])) : []
  return parts.some((part) => isObject(part) && PARTS_OF_MESSAGES.has(part.type))
}

function isOfEmbeddings(body: JsonObject): boolean {
  const { input } = body
  if (OF_EMBEDDINGS.some((field) => body[field] !== undefined)) return true
  return Array.isArray(input) && input.length > 0 && input.every((one) => !isObject(one))
}

function invalid(param: string | undefined, message: string): GatewayError {
  return new GatewayError('invalid_request', message, param === undefined ? {} : { param })
}
