import type { IncomingMessage } from 'node:http'
import { parseJson } from '../lib/json.ts'
import { BadRequest } from './bad-request.ts'
import { jsonPlan, type PlanOrName, type Script } from './plan-source.ts'
import type { WallCall } from './wall-call.ts'

/** What can be commanded from outside. */
export interface Controlled {
  readonly calls: readonly WallCall[]
  plan(script: Script | null): void
  clear(): void
}

/** What a control request is answered. */
export interface ControlReply {
  readonly status: number
  readonly body: unknown
}

/**
 * Commands for a wall in another process, under `/__wall`: `GET /__wall/calls` lists the log, `DELETE /__wall/calls` forgets it,
 * `PUT /__wall/plan` takes a plan, a name or a list of them (or null), as `wall.plan` does. Null for every other path.
 */
export function controlReply(request: IncomingMessage, rawBody: string, wall: Controlled): ControlReply | null {
  if (!request.url?.startsWith('/__wall/')) return null
  const command = `${request.method} ${request.url}`
  if (command === 'GET /__wall/calls') return { status: 200, body: wall.calls }
  if (command === 'DELETE /__wall/calls') {
    wall.clear()
    return { status: 200, body: {} }
  }
  if (command !== 'PUT /__wall/plan') return { status: 404, body: { error: `no such command: ${command}` } }
  const script = parseJson(rawBody)
  if (script === undefined) return { status: 400, body: { error: 'the body is not JSON' } }
  try {
    wall.plan(script === null ? null : Array.isArray(script) ? script.map(planOrName) : planOrName(script))
    return { status: 200, body: {} }
  } catch (error) {
    if (error instanceof BadRequest) return { status: 400, body: { error: error.message } }
    throw error
  }
}

function planOrName(written: Parameters<typeof jsonPlan>[0]): PlanOrName {
  return typeof written === 'string' ? written : jsonPlan(written)
}
