import type { ReasoningRequest, ResponseFormat } from '../../canonical/request.ts'
import type { JsonObject, JsonValue } from '../../lib/json.ts'
import type { Quirks } from '../dialect.ts'
import {
  asObject,
  integerAt,
  invalid,
  listAt,
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
  requiredString,
} from './fields.ts'

/*
 * Fields of a request that take more than one look: two spellings of the output cap, stop texts, the answer's format, and
 * how much to think.
 */

type Effort = NonNullable<ReasoningRequest['effort']>

const EFFORTS: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])

/** The output cap in one of its two fields. Two different caps are refused: which one would be paid for? */
export function decodeOutputCap(
  value: JsonValue,
  field: 'max_tokens' | 'max_completion_tokens',
  body: JsonObject,
): number {
  const cap = integerAt(value, 1, field)
  const other = optionalInteger(body, field === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens', 1)
  if (other === undefined || other === cap) return cap
  const [old, now] = field === 'max_tokens' ? [cap, other] : [other, cap]
  throw invalid('max_tokens', `max_tokens is ${old} but max_completion_tokens is ${now}; send only one of them.`)
}

/** The stop texts: one alone or a list. */
export function decodeStop(value: JsonValue): readonly string[] {
  if (typeof value === 'string') return [value]
  return listAt(value, 'stop').map((text, at) => {
    if (typeof text === 'string') return text
    throw invalid(`stop[${at}]`, 'must be a string.')
  })
}

/** The format of the answer; undefined also for formats that only some hosts know (grammars). */
export function decodeResponseFormat(value: JsonValue): ResponseFormat | undefined {
  const format = asObject(value, 'response_format')
  switch (requiredString(format, 'type', 'response_format')) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json' }
    case 'json_schema':
      return decodeJsonSchema(format)
    default:
      return undefined
  }
}

function decodeJsonSchema(format: JsonObject): ResponseFormat {
  const at = 'response_format.json_schema'
  const definition = asObject(format.json_schema, at)
  const strict = optionalBoolean(definition, 'strict', at)
  const description = optionalString(definition, 'description', at)
  return {
    type: 'json-schema',
    // OpenAI demands a name, others do not.
    name: optionalString(definition, 'name', at) ?? 'answer',
    schema: optionalObject(definition, 'schema', at) ?? {},
    ...(strict === undefined ? {} : { strict }),
    ...(description === undefined ? {} : { description }),
  }
}

/** The format in this dialect's words. */
export function encodeResponseFormat(format: ResponseFormat): JsonObject {
  switch (format.type) {
    case 'text':
      return { type: 'text' }
    case 'json':
      return { type: 'json_object' }
    case 'json-schema': {
      const { type: _, ...definition } = format
      return { type: 'json_schema', json_schema: definition }
    }
  }
}

/**
 * How much to think: OpenAI's `reasoning_effort`, or OpenRouter's `reasoning` with an effort, a number of tokens or
 * a switch. An effort that is no word of ours stays an extension.
 */
export function decodeReasoningRequest(body: JsonObject): ReasoningRequest | undefined {
  const reasoning = optionalObject(body, 'reasoning')
  const word =
    optionalString(body, 'reasoning_effort') ?? (reasoning && optionalString(reasoning, 'effort', 'reasoning'))
  const budgetTokens = reasoning && optionalInteger(reasoning, 'max_tokens', 0, 'reasoning')
  const enabled = reasoning && optionalBoolean(reasoning, 'enabled', 'reasoning')
  const effort = isEffort(word) ? word : enabled === false ? 'none' : undefined
  if (effort === undefined && budgetTokens === undefined) return undefined
  return { ...(effort === undefined ? {} : { effort }), ...(budgetTokens === undefined ? {} : { budgetTokens }) }
}

/**
 * How much to think, in the form the caller used: `reasoning` when it was there and the host takes it, else `reasoning_effort`.
 * `own` is the caller's `reasoning` object.
 */
export function encodeReasoningRequest(
  reasoning: ReasoningRequest | undefined,
  own: JsonObject | undefined,
  { rejects, efforts }: Quirks,
): JsonObject {
  if (own && !rejects?.includes('reasoning')) {
    const { effort: _, max_tokens: __, ...others } = own
    const { effort, budgetTokens } = reasoning ?? {}
    const word = effort ?? (typeof own.effort === 'string' && !isEffort(own.effort) ? own.effort : undefined)
    return {
      reasoning: {
        ...others,
        ...(word === undefined ? {} : { effort: word }),
        ...(budgetTokens === undefined ? {} : { max_tokens: budgetTokens }),
      },
    }
  }
  const { effort, budgetTokens } = reasoning ?? {}
  const word = effort ?? (budgetTokens === undefined ? undefined : effortOf(budgetTokens))
  return word === undefined ? {} : { reasoning_effort: nearestEffort(word, efforts) }
}

/** The effort that a host knows and that is nearest to the one asked for; of two as near, the greater. */
export function nearestEffort(word: Effort, known: Quirks['efforts']): Effort {
  if (!known || known.includes(word)) return word
  const scale = [...EFFORTS]
  const distance = (other: Effort) => Math.abs(scale.indexOf(other) - scale.indexOf(word))
  const [nearest = word] = [...known].sort(
    (left, right) => distance(left) - distance(right) || scale.indexOf(right) - scale.indexOf(left),
  )
  return nearest
}

/** Whether a word is one of the canonical efforts. */
export function isEffort(word: string | undefined): word is Effort {
  return word !== undefined && EFFORTS.has(word)
}

/** The effort that a budget of reasoning tokens comes nearest to. */
export function effortOf(budgetTokens: number): Effort {
  if (budgetTokens === 0) return 'none'
  return budgetTokens <= 2048 ? 'low' : budgetTokens <= 8192 ? 'medium' : 'high'
}
