import type { DialectName } from '../../src/canonical/dialect-name.ts'
import { dialectOf } from '../../src/dialects/registry.ts'
import { isObject, type JsonObject } from '../../src/lib/json.ts'
import type { Recording } from './recordings.ts'

/** A request as a client of one format sends it. */
export interface Ask {
  readonly to: DialectName
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
}

const PATHS: Readonly<Record<DialectName, string>> = {
  'openai-chat': '/v1/chat/completions',
  'anthropic-messages': '/v1/messages',
}

/**
 * The recorded request under another model name, in the client's format. Throws Error with the reason when there is none or it cannot be
 * said in that format (several answers at once, more stop texts than there may be).
 */
export function recordedAsk(recording: Recording, to: DialectName, model: string): Ask {
  const { request, dialect, requestHeaders } = recording
  if (!request) throw new Error('no request was recorded')
  const original = { ...request, model }
  if (to === dialect) return { to, path: PATHS[to], headers: requestHeaders, body: original }
  const quirks = to === 'openai-chat' ? { reasoningField: 'reasoning_details' as const } : {}
  const { body } = dialectOf(to).encodeRequest(dialectOf(dialect).decodeRequest(original), { model, quirks })
  return { to, path: PATHS[to], headers: {}, body }
}

/** The least that can be asked, with the recording's stream flag. */
export function minimalAsk(recording: Recording, to: DialectName, model: string): Ask {
  const { stream } = recording
  const ask = { model, messages: [{ role: 'user', content: 'Say it again.' }], stream }
  const own = to === 'anthropic-messages' ? { max_tokens: 1024 } : {}
  const usage = to === 'openai-chat' && stream ? { stream_options: { include_usage: true } } : {}
  return { to, path: PATHS[to], headers: {}, body: { ...ask, ...own, ...usage } }
}

/** Whether the client is owed usage: in an OpenAI stream only when it asked for it. */
export function isOwedUsage({ to, body }: Ask): boolean {
  if (to !== 'openai-chat' || body.stream !== true) return true
  return isObject(body.stream_options) && body.stream_options.include_usage === true
}
