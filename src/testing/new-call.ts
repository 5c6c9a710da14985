import type { IncomingMessage } from 'node:http'
import { isObject, parseJson } from '../lib/json.ts'
import type { RunningCall } from './call-log.ts'
import { wireAt } from './wires.ts'

/** The record of a call that has just been received. */
export function newCall(request: IncomingMessage, rawBody: string, number: number, nowMs: number): RunningCall {
  const path = (request.url ?? '/').replace(/\?.*$/s, '')
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  )
  const body = parseJson(rawBody)
  const fields = isObject(body) ? body : {}
  const at = request.method === 'POST' ? wireAt(path) : null
  return {
    id: `call_${number}`,
    number,
    dialect: at?.dialect ?? null,
    method: request.method ?? 'GET',
    path,
    headers,
    key: keyOf(headers),
    rawBody,
    body,
    model:
      at?.says.model ?? /\/models\/(.+):/.exec(path)?.[1] ?? (typeof fields.model === 'string' ? fields.model : null),
    stream: at?.says.stream ?? fields.stream === true,
    plan: null,
    outcome: 'open',
    completed: false,
    status: null,
    responseId: null,
    usage: null,
    billed: { inputTokens: 0, outputTokens: 0 },
    events: 0,
    contentEvents: 0,
    abortedAtEvent: null,
    bytesWritten: 0,
    mostBufferedBytes: 0,
    drains: 0,
    receivedAt: nowMs,
    firstByteAt: null,
    endedAt: null,
  }
}

function keyOf(headers: Readonly<Record<string, string>>): string | null {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
  return bearer ?? headers['x-api-key'] ?? headers['x-goog-api-key'] ?? headers['api-key'] ?? null
}
