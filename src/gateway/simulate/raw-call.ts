/*
 * Calls as they were sent, in lines of JSON: the line itself (`messages`, `input` or `contents`), or its `body` or `request`, as batch files have it; or only the
 * text of their prompt. What a decision asks is then found out as it is of a call that comes.
 */
import { CONTEXT_FIELDS } from '../../access/context-fields.ts'
import type { Complexity } from '../../canonical/call-words.ts'
import { needsOf } from '../../canonical/capability.ts'
import type { DialectName } from '../../canonical/dialect-name.ts'
import { dialectOf } from '../../dialects/registry.ts'
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts'
import { complexityOf } from '../../policy/complexity/scorer.ts'
import { responseModeOf } from '../call-signals.ts'
import { explainedCall } from '../explain/explained-body.ts'
import { offeredTools } from '../offered-tools.ts'
import { promptSize } from '../prompt-size.ts'
import { sourceDocuments } from '../source-documents.ts'
import { stablePrefix } from '../stable-prefix.ts'
import type { AskedFields } from './replayed.ts'

/** What a line with a call says. */
export interface RawCall {
  readonly asked: AskedFields
  readonly model: string
  readonly dialect: DialectName
  readonly stream: boolean
  /** The `metadata` of the call, and the user that it names in its own field. */
  readonly said: JsonObject
  /** The rest of the line: what became of the call, and what is known beside it. */
  readonly rest: JsonObject
  /** How hard it is, by the scorer of calls. */
  readonly complexity: () => Complexity
}

const CALLS = ['messages', 'input', 'contents']
/** What many write for a call of one question. */
const TEXT = 'prompt'
const NESTED = ['body', 'request']

/** Fields of a line beside a call. All others are the call's. */
const BESIDE: ReadonlySet<string> = new Set([
  ...CONTEXT_FIELDS.map(({ name }) => name),
  'asked',
  'context',
  'path',
  'url',
  'dialect',
  'trace_id',
  'created_at',
  'requested_model',
  'served_model',
  'status',
  'error_code',
  'fallback',
  'cost_usd',
  'latency_ms',
  'input_tokens',
  'output_tokens',
  'cached_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'usage',
  'response',
  'allowed_models',
  'complexity',
  'budget_used',
])

/** The call in a line; null when there is none. Throws GatewayError `invalid_request` with the field that is wrong. */
export function rawCallIn(line: JsonObject, task: string | null): RawCall | null {
  const text = line[TEXT]
  if (typeof text === 'string') {
    const { model = task } = line
    return readCall({ model, messages: [{ role: 'user', content: text }] }, without(line, TEXT))
  }
  const nested = NESTED.find((name) => isObject(line[name]))
  if (nested === undefined && !CALLS.some((name) => line[name] !== undefined)) return null
  const [call, rest] = nested === undefined ? parted(line) : [line[nested] as JsonObject, without(line, nested)]
  const { path, dialect } = placeOf(rest)
  const body = {
    ...call,
    ...(call.model === undefined && task !== null ? { model: task } : {}),
    ...(path === undefined ? {} : { path }),
    ...(dialect === undefined ? {} : { dialect }),
  }
  return readCall(body, rest)
}

function readCall(body: JsonObject, rest: JsonObject): RawCall {
  const { dialect, asked, bytes } = explainedCall(Buffer.from(JSON.stringify(body)), {})
  const original = parseJson(bytes.toString('utf8')) as JsonObject
  const { metadata, documents } = original
  const decoded = dialectOf(dialect).decodeRequest(original, ...(asked ? [asked] : []))
  const request = documents === undefined ? decoded : { ...decoded, documents: sourceDocuments(documents) }
  const { textBytes, ...size } = promptSize(request, bytes)
  const { maxOutputTokens, temperature, topP, choices, reasoning, embedding } = request
  return {
    model: request.model,
    dialect,
    stream: request.stream,
    said: {
      ...(request.endUser === undefined ? {} : { user_id: request.endUser }),
      ...(isObject(metadata) ? metadata : {}),
    },
    rest,
    complexity: () => complexityOf(request),
    asked: {
      prompt: { bytes: textBytes, ...size },
      // Explanations are told every cap by this name, whatever the format has for it.
      max_output_tokens: embedding ? 0 : (maxOutputTokens ?? countIn(original.max_output_tokens)),
      temperature,
      top_p: topP,
      choices,
      reasoning_budget: reasoning?.budgetTokens,
      needs: [...needsOf(request)],
      response_mode: responseModeOf(request),
      tools: offeredTools(request, original).map(({ name }) => name),
      documents: request.documents?.length ?? null,
      prefix: stablePrefix(request),
    },
  }
}

function countIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined
}

/** The fields of the call, and those beside it. */
function parted(line: JsonObject): [JsonObject, JsonObject] {
  const [call, rest]: [JsonObject, JsonObject] = [{}, {}]
  for (const [name, value] of Object.entries(line)) {
    if (BESIDE.has(name)) rest[name] = value
    else call[name] = value
  }
  return [call, rest]
}

function without(line: JsonObject, name: string): JsonObject {
  const { [name]: _, ...rest } = line
  return rest
}

/** What says how the call is to be read: its format, or the address that it went to. */
function placeOf({ path, url, dialect }: JsonObject): JsonObject {
  const address = path ?? url
  const { pathname } = (typeof address === 'string' && URL.parse(address, 'http://gateway')) || {}
  return { ...(pathname === undefined ? {} : { path: pathname }), ...(typeof dialect === 'string' ? { dialect } : {}) }
}
