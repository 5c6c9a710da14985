import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { hashText } from '../providers/simulated/random.ts'
import { countTokens, tokenize } from '../providers/simulated/tokens.ts'
import type { BentUsage, Frame, WallWire } from './frame.ts'
import { inTurns } from './in-turns.ts'
import { readResponsesRequest } from './openai-responses-request.ts'
import { openaiWire } from './openai-wire.ts'
import { outputTokens, type WallAnswer } from './wall-answer.ts'

function usage(answer: WallAnswer): JsonObject {
  const output = outputTokens(answer)
  return {
    input_tokens: answer.promptTokens,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: answer.reasoningTokens },
    total_tokens: answer.promptTokens + output,
    ...answer.usage,
  }
}

/** Why the answer is incomplete; null when it is whole. */
function reasonOf(answer: WallAnswer): string | null {
  return answer.finishReason ?? (answer.finish === 'length' ? 'max_output_tokens' : null)
}

function responseOf(answer: WallAnswer, more: JsonObject): JsonObject {
  return {
    id: answer.id,
    object: 'response',
    created_at: answer.created,
    status: 'in_progress',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    model: answer.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    service_tier: answer.serviceTier ?? 'default',
    store: false,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
    ...more,
  }
}

function body(answer: WallAnswer): JsonObject {
  const reason = reasonOf(answer)
  return responseOf(answer, {
    status: reason === null ? 'completed' : 'incomplete',
    incomplete_details: reason === null ? null : { reason },
    output: itemsOf(answer).map(({ item }) => item),
    usage: usage(answer),
  })
}

/** An item as it is when it is whole, how it is announced, and the steps between. */
interface Item {
  readonly item: JsonObject
  readonly announced: JsonObject
  /** Steps before and after the content, and the content with its tokens. */
  readonly opening: readonly JsonObject[]
  readonly deltas: readonly { readonly step: JsonObject; readonly tokens: number }[]
  readonly closing: readonly JsonObject[]
}

function itemsOf(answer: WallAnswer): readonly Item[] {
  const items: Item[] = []
  if (answer.reasoning) items.push(reasoningItem(answer, answer.reasoning))
  if (answer.pieces.length > 0 || answer.refusal !== null) items.push(messageItem(answer))
  for (const [at] of answer.toolCalls.entries()) items.push(callItem(answer, at))
  return items
}

function reasoningItem(answer: WallAnswer, reasoning: NonNullable<WallAnswer['reasoning']>): Item {
  const id = `rs_${answer.id}`
  const { text, signature, redacted } = reasoning
  const seal = redacted ?? signature ?? Buffer.from(hashText(text), 'hex').toString('base64')
  const part = { type: 'summary_text', text }
  const at = { item_id: id, summary_index: 0 }
  const spoken = redacted === undefined && text !== ''
  return {
    item: { id, type: 'reasoning', summary: spoken ? [part] : [], encrypted_content: seal },
    announced: { id, type: 'reasoning', summary: [] },
    opening: spoken ? [{ type: 'response.reasoning_summary_part.added', ...at, part: { ...part, text: '' } }] : [],
    deltas: spoken
      ? tokenize(text).map((delta) => ({
          step: { type: 'response.reasoning_summary_text.delta', ...at, delta },
          tokens: 1,
        }))
      : [],
    closing: spoken
      ? [
          { type: 'response.reasoning_summary_text.done', ...at, text },
          { type: 'response.reasoning_summary_part.done', ...at, part },
        ]
      : [],
  }
}

function messageItem(answer: WallAnswer): Item {
  const id = `msg_${answer.id}`
  const refused = answer.refusal !== null
  const kind = refused ? 'refusal' : 'output_text'
  const pieces = refused ? tokenize(answer.refusal ?? '') : answer.pieces
  const text = pieces.join('')
  const part = (said: string): JsonObject =>
    refused ? { type: kind, refusal: said } : { type: kind, text: said, annotations: [], logprobs: [] }
  const at = { item_id: id, content_index: 0 }
  const head = { id, type: 'message', role: 'assistant' }
  return {
    item: { ...head, status: reasonOf(answer) === null ? 'completed' : 'incomplete', content: [part(text)] },
    announced: { ...head, status: 'in_progress', content: [] },
    opening: [{ type: 'response.content_part.added', ...at, part: part('') }],
    deltas: pieces.map((delta) => ({
      step: { type: `response.${kind}.delta`, ...at, delta, ...(refused ? {} : { logprobs: [] }) },
      tokens: countTokens(delta),
    })),
    closing: [
      { type: `response.${kind}.done`, ...at, ...(refused ? { refusal: text } : { text, logprobs: [] }) },
      { type: 'response.content_part.done', ...at, part: part(text) },
    ],
  }
}

function callItem(answer: WallAnswer, at: number): Item {
  const call = answer.toolCalls[at] ?? { id: '', name: '', arguments: '' }
  const id = `fc_${answer.id}_${at}`
  const item = { id, type: 'function_call', status: 'completed', call_id: call.id, name: call.name }
  const pieces = answer.toolCallStyle === 'whole' ? [call.arguments] : tokenize(call.arguments)
  return {
    item: { ...item, arguments: call.arguments },
    announced: { ...item, status: 'in_progress', arguments: '' },
    opening: [],
    deltas: pieces.map((delta, index) => ({
      step: { type: 'response.function_call_arguments.delta', item_id: id, delta },
      tokens: countTokens(delta) + (index === 0 ? countTokens(call.name) : 0),
    })),
    closing: [{ type: 'response.function_call_arguments.done', item_id: id, arguments: call.arguments }],
  }
}

/** An event before it has its number. */
interface Draft {
  readonly kind: Frame['kind']
  readonly data: JsonObject
  readonly tokens: number
}

function frames(answer: WallAnswer): readonly Frame[] {
  const draft = (kind: Frame['kind'], data: JsonObject, tokens = 0): Draft => ({ kind, data, tokens })
  const lists = itemsOf(answer).map(({ item, announced, opening, deltas, closing }, place): readonly Draft[] => {
    const placed = (step: JsonObject): JsonObject => ({ ...step, output_index: place })
    return [
      draft('open', { type: 'response.output_item.added', output_index: place, item: announced }),
      ...opening.map((step) => draft('open', placed(step))),
      ...deltas.map(({ step, tokens }) => draft('content', placed(step), tokens)),
      ...closing.map((step) => draft('close', placed(step))),
      draft('close', { type: 'response.output_item.done', output_index: place, item }),
    ]
  })
  const whole = body(answer)
  const response = responseOf(answer, {})
  return numbered([
    draft('open', { type: 'response.created', response }),
    draft('open', { type: 'response.in_progress', response }),
    ...(answer.toolCallStyle === 'interleaved' ? inTurns(lists) : lists.flat()),
    draft('close', { type: `response.${String(whole.status)}`, response: whole }),
  ])
}

function numbered(drafts: readonly Draft[]): Frame[] {
  return drafts.map(({ kind, data: { type, ...fields }, tokens }, at) => {
    const data = { type: type ?? '', sequence_number: at, ...fields }
    return { kind, event: String(type), data: JSON.stringify(data), tokens }
  })
}

/** The usage is in the response that ends the stream; the one that opens it has none, or too early a one. */
function bendUsage(all: readonly Frame[], how: BentUsage): readonly Frame[] {
  const parsed = all.map((one) => ({ ...one, data: JSON.parse(one.data) as JsonObject }))
  const counted = isObject(parsed.at(-1)?.data.response) ? parsed.at(-1)?.data.response : null
  const figures: JsonValue = isObject(counted) ? (counted.usage ?? null) : null
  return parsed.map(({ data, ...one }, at) => {
    if (!isObject(data.response)) return { ...one, data: JSON.stringify(data) }
    const { usage: _, ...response } = data.response
    const last = at === parsed.length - 1
    const told = last ? how === 'twice' || how === 'early' : how === 'twice' || (how === 'early' && at === 1)
    const bent = how === 'missing' && last ? response : { ...response, usage: told ? figures : null }
    return { ...one, data: JSON.stringify({ ...data, response: bent }) }
  })
}

/** OpenAI's Responses, as the wall writes it. */
export const openaiResponsesWire: WallWire = {
  dialect: 'openai-responses',
  address: (path) => (path.endsWith('/responses') ? {} : null),
  read: readResponsesRequest,
  idPrefix: { answer: 'resp_wall', call: 'call_wall' },
  requestIdHeader: 'x-request-id',
  body,
  frames,
  usage,
  billed: (counted) => ({
    inputTokens: amount(counted.input_tokens),
    outputTokens: amount(counted.output_tokens),
  }),
  error: openaiWire.error,
  errorFrame: (error) => {
    const said = isObject(error.error) ? error.error : error
    const { code = null, message = '', param = null } = said
    const data = { type: 'error', sequence_number: 0, code, message, param }
    return { kind: 'close', event: 'error', data: JSON.stringify(data), tokens: 0 }
  },
  bendUsage,
  emptyFrame: () => ({ kind: 'open', event: 'keepalive', data: '{"type":"keepalive","sequence_number":0}', tokens: 0 }),
}

function amount(value: JsonValue | undefined): number {
  return typeof value === 'number' ? value : 0
}
