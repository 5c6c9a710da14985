/*
 * A response of the background as a stream, for clients of OpenAI that fetch it so: `retrieve(id, { stream: true })`. One that is done is told from its first event to its last. One that is not
 * is told as far as it is, without an end: its client asks again, for events after the last that it has.
 */
import { expand } from '../../canonical/expand.ts'
import { openaiResponses } from '../../dialects/openai-responses/index.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { type JsonObject, type JsonValue, parseJson } from '../../lib/json.ts'
import { parseSseFrame, SseFramer, sseText } from '../../lib/sse.ts'

/** Whether a request for a response wants it as a stream. */
export function wantsEvents(query: string): boolean {
  return new URLSearchParams(query).get('stream') === 'true'
}

/** The events of a response that is done, after the one that the query names. Throws GatewayError `invalid_request`. */
export function eventsOfAnswer(answer: JsonValue, query: string): string {
  const response = openaiResponses.decodeResponse(answer)
  const names = { id: response.id ?? '', model: response.model ?? '', includeUsage: true }
  const encoder = openaiResponses.streamEncoder(names)
  return after(
    query,
    expand(response)
      .map((event) => encoder.push(event))
      .join('') + encoder.end(),
  )
}

/** The events of a response that is not done, or failed: what it is now, and nothing that says it is whole. */
export function eventsOfState(response: JsonObject, query: string): string {
  const { status } = response
  const types = ['response.created', ...(typeof status === 'string' && TOLD.has(status) ? [`response.${status}`] : [])]
  const events = types.map((type, at) => sseText(JSON.stringify({ type, sequence_number: at, response }), type))
  return after(query, events.join(''))
}

/** The states for which there is an event; a cancelled one has none. */
const TOLD: ReadonlySet<string> = new Set(['queued', 'in_progress', 'failed'])

function after(query: string, text: string): string {
  const said = new URLSearchParams(query).get('starting_after')
  if (said === null) return text
  const last = Number(said)
  if (said === '' || !Number.isSafeInteger(last) || last < 0) {
    const message = 'starting_after must be the sequence_number of an event.'
    throw new GatewayError('invalid_request', message, { param: 'starting_after' })
  }
  const frames = new SseFramer().push(Buffer.from(text))
  return frames.filter((frame) => numberOf(frame) > last).join('')
}

function numberOf(frame: Buffer): number {
  const data = parseJson(parseSseFrame(frame)?.data ?? '') as JsonObject
  return Number(data.sequence_number)
}
