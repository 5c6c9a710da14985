import type { JsonObject } from '../lib/json.ts'
import type { Fault } from './fault.ts'
import type { WallWire } from './frame.ts'

/** An error reply, ready to be written. */
export interface ErrorReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const LARGE_BODY_CHARACTERS = 1_000_000

/** What a status fault answers. `usage` goes into a JSON body: a provider that bills its failures says so there. */
export function errorReply(
  fault: Extract<Fault, { kind: 'status' }>,
  wire: WallWire,
  nowMs: number,
  usage?: JsonObject,
): ErrorReply {
  const message = fault.message ?? `The wall answers ${fault.status}, as planned.`
  const headers: Record<string, string> = {}
  if (fault.retryAfterSeconds !== undefined) headers['retry-after'] = String(fault.retryAfterSeconds)
  if (fault.retryAfterDateSeconds !== undefined)
    headers['retry-after'] = new Date(nowMs + fault.retryAfterDateSeconds * 1000).toUTCString()
  const reply = (type: string, body: string): ErrorReply => ({
    status: fault.status,
    headers: type ? { ...headers, 'content-type': type } : headers,
    body: Buffer.from(body),
  })
  const json = (text: string): ErrorReply =>
    reply(
      'application/json',
      JSON.stringify({
        ...wire.error(fault.status, text, fault.code),
        ...(usage && { [wire.usageField ?? 'usage']: usage }),
      }),
    )

  if (typeof fault.body === 'object') return reply('text/plain; charset=utf-8', fault.body.text)
  switch (fault.body ?? 'json') {
    case 'html':
      return reply(
        'text/html',
        `<html><head><title>${fault.status}</title></head><body><h1>${message}</h1><hr>nginx</body></html>`,
      )
    case 'empty':
      return reply('', '')
    case 'large':
      return json(`${message} ${'x'.repeat(LARGE_BODY_CHARACTERS)}`)
    default:
      return json(message)
  }
}
