import type { DialectName } from '../../src/canonical/dialect-name.ts'
import { dialectOf } from '../../src/dialects/registry.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { clientOf } from './formats.ts'
import type { Recording } from './recordings.ts'

/** A request as a client of one format sends it. */
export interface Ask {
  readonly to: DialectName
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
  /** Whether a stream is asked for. */
  readonly stream: boolean
}

/**
 * The recorded request under another model name, in the client's format. Throws Error with the reason when there is none or it cannot be
 * said in that format (several answers at once, more stop texts than there may be).
 */
export function recordedAsk(recording: Recording, to: DialectName, model: string): Ask {
  const { request, dialect, requestHeaders, stream } = recording
  if (!request) throw new Error('no request was recorded')
  const client = clientOf(to)
  const named = (body: JsonObject) => (client.asksByAddress ? body : { ...body, model })
  const path = client.path(model, stream)
  if (to === dialect) return { to, path, headers: requestHeaders, body: named(request), stream }
  const asked = dialectOf(dialect).decodeRequest({ ...request, model }, { model, stream })
  const { body } = dialectOf(to).encodeRequest(asked, { model, quirks: client.quirks })
  return { to, path, headers: {}, body: named(body), stream }
}

/** The least that can be asked, with the recording's stream flag. */
export function minimalAsk({ stream }: Recording, to: DialectName, model: string): Ask {
  const client = clientOf(to)
  return { to, path: client.path(model, stream), headers: {}, body: client.minimal(model, stream), stream }
}

/** Whether the client is owed usage. */
export function isOwedUsage({ to, body }: Ask): boolean {
  return clientOf(to).isOwedUsage?.(body) ?? true
}
