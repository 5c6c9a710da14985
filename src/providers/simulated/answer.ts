import type { CanonicalRequest } from '../../canonical/request.ts'
import type { FinishReason } from '../../canonical/response.ts'
import type { FunctionTool } from '../../canonical/tool.ts'
import { exampleValue } from './example-value.ts'
import { countMedia, lastUserText } from './prompt.ts'
import type { SeededRandom } from './random.ts'
import { countTokens, firstTokens } from './tokens.ts'

/** What a simulated model says, decided as a whole before the first token leaves. */
export interface SimulatedAnswer {
  readonly text: string
  readonly toolCall: { readonly name: string; readonly arguments: string } | null
  readonly finishReason: FinishReason
  readonly stopSequence?: string
}

/** The answer to a request: a tool call where one is wanted, JSON where JSON is asked for, and prose otherwise. */
export function simulatedAnswer(
  request: CanonicalRequest,
  model: { readonly name: string; readonly maxOutputTokens: number },
  random: SeededRandom,
): SimulatedAnswer {
  const limit = Math.min(request.maxOutputTokens ?? model.maxOutputTokens, model.maxOutputTokens)
  const tool = chosenTool(request, random)
  if (tool) {
    const whole = JSON.stringify(exampleValue(tool.parameters ?? { type: 'object' }, random))
    const left = Math.max(0, limit - countTokens(tool.name))
    const cut = firstTokens(whole, left)
    return {
      text: '',
      toolCall: { name: tool.name, arguments: cut },
      finishReason: cut === whole ? 'tool-calls' : 'length',
    }
  }
  return ended(wholeText(request, model.name, random), limit, request.stop ?? [])
}

/**
 * The tool to call, if any. Named and required are obeyed; with `auto` a tool is called once, and its result is answered in prose,
 * so that an agent loop ends.
 */
function chosenTool(request: CanonicalRequest, random: SeededRandom): FunctionTool | null {
  const choice = request.toolChoice ?? { type: 'auto' }
  const tools = (request.tools ?? []).filter((tool) => tool.type === 'function')
  if (tools.length === 0 || choice.type === 'none') return null
  if (choice.type === 'named') return tools.find((tool) => tool.name === choice.name) ?? null
  if (choice.type === 'auto' && request.messages.at(-1)?.role === 'tool') return null
  const asked = lastUserText(request.messages).toLowerCase()
  const mentioned = tools.find((tool) =>
    tool.name
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .some((word) => word.length > 3 && asked.includes(word)),
  )
  return mentioned ?? random.pick(tools)
}

function wholeText(request: CanonicalRequest, model: string, random: SeededRandom): string {
  const format = request.responseFormat?.type ?? 'text'
  if (request.responseFormat?.type === 'json-schema')
    return JSON.stringify(exampleValue(request.responseFormat.schema, random))
  if (format === 'json')
    return JSON.stringify({ simulated: true, model, answer: `A simulated answer to: ${quote(request, 80)}` })
  return prose(request, model, random)
}

const REMARKS = [
  'No network was used and nobody was billed.',
  'The same request always gets this same answer.',
  'Routing, budgets, traces and limits treat it like any other model.',
  'Its token counts are plausible, and its prices are made up.',
  'Set OPENAI_API_KEY or ANTHROPIC_API_KEY and restart to talk to a real model.',
  'A real model would now say something useful; this one only keeps the pipes warm.',
  'It streams at about the pace of a hosted model, so that a console has something to show.',
  'It calls tools when they are offered, and answers in JSON when JSON is asked for.',
  'Whatever it says is not advice.',
  'Every word of it was written in advance.',
] as const

function prose(request: CanonicalRequest, model: string, random: SeededRandom): string {
  const sentences = [`This is a simulated answer from ${model}, a model inside Headgate that needs no key.`]
  const asked = quote(request, 120)
  if (request.messages.at(-1)?.role === 'tool') sentences.push('Thank you for the result of the tool.')
  else if (asked) sentences.push(`You wrote: "${asked}"`)
  const { images, sounds, files } = countMedia(request.messages)
  const media = [counted(images, 'image'), counted(sounds, 'sound'), counted(files, 'document')].filter(Boolean)
  if (media.length > 0) sentences.push(`I was given ${media.join(' and ')}, and can see none of it.`)
  for (let left = random.between(2, 8); left > 0; left--) sentences.push(random.pick(REMARKS))
  return sentences.join(' ')
}

function counted(count: number, noun: string): string {
  return count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`
}

function quote(request: CanonicalRequest, length: number): string {
  const text = [...lastUserText(request.messages).replace(/\s+/g, ' ')]
  return text.length > length ? `${text.slice(0, length).join('')}…` : text.join('')
}

/** Cuts at the first stop text or at the limit, whichever comes first, and says which it was. */
function ended(text: string, limit: number, stops: readonly string[]): SimulatedAnswer {
  const cut = firstTokens(text, limit)
  let found = { at: cut.length, stop: '' }
  for (const stop of stops) {
    const at = stop ? cut.indexOf(stop) : -1
    if (at >= 0 && at < found.at) found = { at, stop }
  }
  if (found.stop)
    return { text: cut.slice(0, found.at), toolCall: null, finishReason: 'stop-sequence', stopSequence: found.stop }
  return { text: cut, toolCall: null, finishReason: cut === text ? 'stop' : 'length' }
}
