import type { JsonObject } from '../lib/json.ts'
import { exampleValue } from '../providers/simulated/example-value.ts'
import { hashText, seededRandom } from '../providers/simulated/random.ts'
import { countTokens, firstTokens, tokenize } from '../providers/simulated/tokens.ts'
import { type Fault, findFault } from './fault.ts'
import type { Plan, PlannedReasoning } from './plan.ts'
import type { IdPrefix, WireRequest } from './wire-request.ts'

/** What the wall says to one call, before it is written in a wire format. */
export interface WallAnswer {
  readonly id: string
  /** Unix seconds. */
  readonly created: number
  readonly model: string
  /** The text as it is cut into events; joined it is the whole text. */
  readonly pieces: readonly string[]
  readonly refusal: string | null
  readonly reasoning: PlannedReasoning | null
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  readonly toolCallStyle: NonNullable<Plan['toolCallStyle']>
  readonly finish: 'stop' | 'length' | 'stop-sequence' | 'tool-calls' | 'refusal'
  /** The provider's own word, when the plan gives one. */
  readonly finishReason: string | null
  readonly stopSequence: string | null
  readonly choices: number
  /** Vectors of the texts; null where words were asked for. */
  readonly vectors: { readonly rows: readonly (readonly number[])[]; readonly base64: boolean } | null
  readonly promptTokens: number
  readonly reasoningTokens: number
  /** Text, refusal and tool calls of one choice. */
  readonly textTokens: number
  /** Null: the provider's ordinary one. */
  readonly serviceTier: string | null
  /** Laid over the provider's usage object. */
  readonly usage: JsonObject
}

/** The tokens a call makes the provider generate, over all choices. */
export function outputTokens(answer: WallAnswer): number {
  return (answer.textTokens + answer.reasoningTokens) * answer.choices
}

const FILLER = 'one two three four five six seven eight nine ten'.split(' ')

/** Filler of exactly so many tokens: `one two three …`. */
export function fillerText(tokens: number): string {
  return Array.from({ length: tokens }, (_, index) => FILLER[index % FILLER.length]).join(' ')
}

/** The answer to a request under a plan: what the plan says, and what the request implies for the rest. */
export function wallAnswer(
  request: WireRequest,
  plan: Plan,
  faults: readonly Fault[],
  call: { readonly number: number; readonly nowMs: number; readonly idPrefix: IdPrefix },
): WallAnswer {
  const toolCalls = toolCallsOf(request, plan, call)
  const reasoning = typeof plan.reasoning === 'string' ? { text: plan.reasoning } : (plan.reasoning ?? null)
  const reasoningTokens = reasoning ? countTokens(reasoning.text) : 0
  const silent = toolCalls.length > 0 || plan.refusal !== undefined
  const said = silent && plan.text === undefined ? '' : wholeText(request, plan, faults)
  const honoured = !findFault(faults, 'ignore-max-tokens') && !findFault(faults, 'huge-line')
  const limit = honoured && request.maxTokens !== null ? Math.max(0, request.maxTokens - reasoningTokens) : null
  const { text, stopSequence, isCut } = cutText(said, limit, request.stops)
  const called = toolCalls.reduce((sum, { name, arguments: args }) => sum + countTokens(name) + countTokens(args), 0)
  return {
    id: plan.id ?? `${call.idPrefix.answer}_${call.number}`,
    created: Math.floor(call.nowMs / 1000),
    model: plan.model ?? request.model,
    pieces: piecesOf(text, plan, faults),
    refusal: plan.refusal ?? null,
    reasoning,
    toolCalls,
    toolCallStyle: plan.toolCallStyle ?? 'in-order',
    finish: finishOf(toolCalls.length > 0, plan.refusal !== undefined, stopSequence !== null, isCut),
    finishReason: plan.finishReason ?? null,
    stopSequence,
    choices: request.choices,
    vectors: request.embed ? vectorsFor(request.embed) : null,
    promptTokens: request.promptTokens,
    reasoningTokens,
    textTokens: countTokens(text) + countTokens(plan.refusal ?? '') + called,
    serviceTier: plan.serviceTier ?? null,
    usage: plan.usage ?? {},
  }
}

function vectorsFor({ texts, dimensions, base64 }: NonNullable<WireRequest['embed']>): WallAnswer['vectors'] {
  return { rows: texts.map((text) => vectorFor(text, dimensions)), base64 }
}

/** The same text has the same vector: numbers that 32-bit floats hold exactly. */
function vectorFor(text: string, dimensions: number): readonly number[] {
  const random = seededRandom(hashText(text))
  return Array.from({ length: dimensions }, () => random.between(-512, 512) / 1024)
}

function finishOf(calls: boolean, refuses: boolean, stopped: boolean, isCut: boolean): WallAnswer['finish'] {
  if (refuses) return 'refusal'
  if (stopped) return 'stop-sequence'
  if (isCut) return 'length'
  return calls ? 'tool-calls' : 'stop'
}

function toolCallsOf(
  request: WireRequest,
  plan: Plan,
  { number, idPrefix }: { readonly number: number; readonly idPrefix: IdPrefix },
): WallAnswer['toolCalls'] {
  const id = (index: number): string => `${idPrefix.call}_${number}_${index}`
  if (plan.toolCalls)
    return plan.toolCalls.map((call, index) => ({
      id: call.id ?? id(index),
      name: call.name,
      arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
    }))
  if (request.mustCall === null) return []
  const tool = request.tools.find((candidate) => candidate.name === request.mustCall) ?? request.tools[0]
  if (!tool) return []
  const value = exampleValue(tool.parameters ?? { type: 'object' }, seededRandom(hashText(tool.name)))
  return [{ id: id(0), name: tool.name, arguments: JSON.stringify(value) }]
}

function wholeText(request: WireRequest, plan: Plan, faults: readonly Fault[]): string {
  const ignored = findFault(faults, 'ignore-max-tokens')
  if (ignored) return fillerText(ignored.times * (request.maxTokens ?? 100))
  const huge = findFault(faults, 'huge-line')
  if (huge) return 'x'.repeat(huge.characters ?? 1_000_000)
  if (plan.text !== undefined) return plan.text
  if (Array.isArray(plan.chunks)) return plan.chunks.join('')
  if (plan.tokens !== undefined) return fillerText(plan.tokens)
  const random = seededRandom(hashText(JSON.stringify([request.model, request.lastUserText, request.promptTokens])))
  if (request.json !== null) return JSON.stringify(exampleValue(orObject(request.json), random))
  const heard = [...request.lastUserText.replace(/\s+/g, ' ')].slice(0, 60).join('')
  return `The wall heard "${heard}" and says ${fillerText(random.between(8, 24))}.`
}

/** JSON without a schema is still to be an object. */
function orObject(schema: NonNullable<WireRequest['json']>): NonNullable<WireRequest['json']> {
  return JSON.stringify(schema) === '{}' ? { properties: { answer: {} } } : schema
}

/** The text up to the cap or the first stop text, whichever comes first. */
function cutText(whole: string, limit: number | null, stops: readonly string[]) {
  const capped = limit === null ? whole : firstTokens(whole, limit)
  let text = capped
  let stopSequence: string | null = null
  for (const stop of stops) {
    const at = stop === '' ? -1 : text.indexOf(stop)
    if (at < 0) continue
    text = text.slice(0, at)
    stopSequence = stop
  }
  return { text, stopSequence, isCut: stopSequence === null && capped !== whole }
}

function piecesOf(text: string, plan: Plan, faults: readonly Fault[]): readonly string[] {
  if (text === '') return []
  if (findFault(faults, 'huge-line')) return [text]
  if (Array.isArray(plan.chunks)) return fitted(plan.chunks, text)
  const size = typeof plan.chunks === 'number' ? Math.max(1, plan.chunks) : 1
  const tokens = tokenize(text)
  return Array.from({ length: Math.ceil(tokens.length / size) }, (_, at) =>
    tokens.slice(at * size, (at + 1) * size).join(''),
  )
}

/** The planned pieces, as far as the text goes that was left of them. */
function fitted(chunks: readonly string[], text: string): readonly string[] {
  const pieces: string[] = []
  let left = text
  for (const chunk of chunks) {
    if (left === '') break
    const piece = left.slice(0, chunk.length)
    left = left.slice(chunk.length)
    if (piece) pieces.push(piece)
  }
  return left ? [...pieces, left] : pieces
}
