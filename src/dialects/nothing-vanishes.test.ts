import { describe, expect, it } from 'vitest'
import type { DialectName } from '../canonical/dialect-name.ts'
import { isObject, type JsonObject, type JsonValue } from '../lib/json.ts'
import { anthropicMessagesSample } from './matrix/anthropic-messages.sample.ts'
import { bedrockConverseSample } from './matrix/bedrock-converse.sample.ts'
import { cohereChatSample } from './matrix/cohere-chat.sample.ts'
import { googleGenerateContentSample } from './matrix/google-generate-content.sample.ts'
import { openaiChatSample } from './matrix/openai-chat.sample.ts'
import { openaiResponsesSample } from './matrix/openai-responses.sample.ts'
import type { MatrixSample } from './matrix/sample.ts'
import { WIDE_REQUESTS } from './matrix/wide.sample.ts'
import { dialectOf } from './registry.ts'

/*
 * What a caller writes is sent, or reported as dropped, or refused. Two ways to catch a loss, for every caller's format and every provider's: an
 * invented field in every object of a request must be told of; and no field may be taken away without a change in what is sent or reported, but
 * for those that say what is so anyway.
 */

type Path = readonly (string | number)[]

const ASKED = { model: 'support', stream: false }
const INVENTED = 'invented'
const CALLERS: readonly MatrixSample[] = [
  openaiChatSample,
  openaiResponsesSample,
  anthropicMessagesSample,
  googleGenerateContentSample,
]
const PAIRS = CALLERS.flatMap(({ dialect: from, request }) =>
  [...CALLERS, bedrockConverseSample, cohereChatSample].flatMap(({ dialect: to, model }) => [
    { from, to, model, request: sayable(request, to), which: 'rich' },
    { from, to, model, request: sayable(WIDE_REQUESTS[from] ?? {}, to), which: 'wide' },
  ]),
)

/** Fields that say what is so anyway, or what only the caller's own provider needs: without them the same is sent, and nothing is lost. */
const SAID_ANYWAY: Readonly<Partial<Record<DialectName, RegExp>>> = {
  'openai-chat':
    /^(tool_choice|tools\[\d\]\.type|tools\[0\]\.function\.parameters\.(type|additionalProperties)|messages\[2\]\.tool_calls\[\d\]\.(type|function\.arguments)|response_format\.json_schema\.(name|strict|schema\.additionalProperties))$/,
  'openai-responses':
    /^(store|include(\[0\])?|tool_choice|tools\[0\]\.(strict|parameters\.(type|additionalProperties))|input\[\d\]\.(id|type|status)|input\[2\]\.content\[0\]\.annotations|text\.format\.(name|strict|schema\.additionalProperties)|input\[1\]\.(encrypted_content|summary\[0\]\.type)|input\[0\]\.content\[1\]\.detail)$/,
  'anthropic-messages':
    /^(tools\[0\]\.(input_schema\.(type|additionalProperties)|cache_control(\.type)?)|system\[0\]\.cache_control(\.type)?|messages\[1\]\.content\[(0\]\.signature|3\]\.input)|output_config\.format\.schema\.additionalProperties|messages\[0\]\.content\[(1\]\.title|2\]\.source\.media_type))$/,
  'google-generate-content':
    /^(model|toolConfig(\.functionCallingConfig(\.mode)?)?|contents\[\d\]\.role|contents\[1\]\.parts\[3\]\.functionCall\.args|contents\[2\]\.parts\[\d\]\.functionResponse\.id|generationConfig\.thinkingConfig\.thinkingLevel|tools\[0\]\.functionDeclarations\[0\]\.parameters(JsonSchema)?\.type)$/,
}

describe.each(PAIRS)('a $which request from $from to $to', ({ from, to, model, request }) => {
  const outcome = (body: JsonObject): { readonly sent: string; readonly told: string } => {
    try {
      const asked = dialectOf(from).decodeRequest(body, ASKED)
      const { body: sent, dropped } = dialectOf(to).encodeRequest(asked, { model, quirks: {}, caller: from })
      return {
        sent: JSON.stringify(sent),
        told: [...dropped, ...(dialectOf(from).unreadIn?.(body) ?? [])].join('\n'),
      }
    } catch (error) {
      return { sent: '', told: String(error) }
    }
  }
  const whole = outcome(request)
  /** Whether something was left out as a whole: it is reported, and what it says makes no difference. */
  const wentWhole = (path: Path): boolean =>
    path.some((_, at) => {
      const place = path.slice(0, path.length - at)
      return (
        outcome(without(request, place)).told !== whole.told && outcome(reworded(request, place)).sent === whole.sent
      )
    })

  it('is not refused', () => {
    expect(whole.sent).not.toBe('')
  })

  it('tells of every field that nobody knows', () => {
    const lost = placesOf(request)
      .filter((path) => isObject(valueAt(request, path)))
      .filter((path) => {
        const { sent, told } = outcome(put(request, path))
        return !sent.includes(INVENTED) && told === whole.told && !wentWhole(path)
      })
    expect(lost.map(spelled)).toEqual([])
  })

  it('loses no field in silence', () => {
    const lost = placesOf(request)
      .filter((path) => path.length > 0 && !SAID_ANYWAY[from]?.test(spelled(path)))
      .filter((path) => {
        const { sent, told } = outcome(without(request, path))
        return sent === whole.sent && told === whole.told && !wentWhole(path)
      })
    expect(lost.map(spelled)).toEqual([])
  })
})

/** The request without what the provider's format refuses: stop texts, pictures by address. */
function sayable(request: JsonObject, to: DialectName): JsonObject {
  const text = JSON.stringify(request).replaceAll('https://example.com/map.png', 's3://bucket/map.png')
  const body = JSON.parse(to === 'bedrock-converse' ? text : JSON.stringify(request)) as JsonObject
  if (to !== 'openai-responses') return body
  const { stop: _, stop_sequences: __, generationConfig, ...rest } = body
  if (!isObject(generationConfig)) return rest
  const { stopSequences: ___, ...config } = generationConfig
  return { ...rest, generationConfig: config }
}

function placesOf(value: JsonValue | undefined, path: Path = []): Path[] {
  const inner = Array.isArray(value)
    ? value.flatMap((item, at) => placesOf(item, [...path, at]))
    : isObject(value)
      ? Object.keys(value).flatMap((field) => placesOf(value[field], [...path, field]))
      : []
  return [path, ...inner]
}

function valueAt(value: JsonValue | undefined, path: Path): JsonValue | undefined {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (typeof step === 'number') return Array.isArray(value) ? valueAt(value[step], rest) : undefined
  return isObject(value) ? valueAt(value[step], rest) : undefined
}

function put(request: JsonObject, path: Path): JsonObject {
  const changed = structuredClone(request)
  const place = valueAt(changed, path)
  if (isObject(place)) place[INVENTED] = INVENTED
  return changed
}

function without(request: JsonObject, path: Path): JsonObject {
  const changed = structuredClone(request)
  const holder = valueAt(changed, path.slice(0, -1))
  const last = path.at(-1)
  if (Array.isArray(holder) && typeof last === 'number') holder.splice(last, 1)
  else if (isObject(holder) && typeof last === 'string') delete holder[last]
  return changed
}

/** The request with other texts in one place. */
function reworded(request: JsonObject, path: Path): JsonObject {
  const changed = structuredClone(request)
  const holder = valueAt(changed, path.slice(0, -1))
  const last = path.at(-1)
  if (Array.isArray(holder) && typeof last === 'number') holder[last] = otherWords(holder[last])
  else if (isObject(holder) && typeof last === 'string') holder[last] = otherWords(holder[last])
  return changed
}

function otherWords(value: JsonValue | undefined): JsonValue {
  if (typeof value === 'string') return `${value}!`
  if (Array.isArray(value)) return value.map(otherWords)
  if (!isObject(value)) return value ?? null
  const other = Object.entries(value).map(([field, each]) => [field, field === 'type' ? each : otherWords(each)])
  return Object.fromEntries(other) as JsonObject
}

function spelled(path: Path): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  )
}
