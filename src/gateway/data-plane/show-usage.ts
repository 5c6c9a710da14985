import type { Engine } from '../engine.ts'
import { type HttpCall, type HttpReply, jsonReply } from '../http-call.ts'
import { usageQuery, usageRowJson } from '../usage-query.ts'
import { keyHolder, readableTenant } from './key-holder.ts'

/** `GET /v1/usage`: what the key's own tenant used. */
export async function showUsage(engine: Engine, call: HttpCall): Promise<HttpReply> {
  const tenantId = readableTenant(await keyHolder(engine, call), call)
  const query = usageQuery(new URLSearchParams(call.query), engine.clock.now())
  const rows = await engine.reader.usage({ ...query, tenantId })
  return jsonReply(200, { data: rows.map(usageRowJson), next_cursor: null })
}
