import { GatewayError } from '../../errors/gateway-error.ts'
import { jobText } from '../../jobs/job-view.ts'
import type { Engine } from '../engine.ts'
import type { HttpCall, HttpReply } from '../http-call.ts'
import { keyHolder, readableTenant } from './key-holder.ts'

/** `GET /v1/jobs/{id}`: a job of the key's own tenant, with its answer when it has one; another tenant's does not exist. */
export async function showJob(engine: Engine, call: HttpCall): Promise<HttpReply> {
  return jobReply(engine, await tenantOf(engine, call), idIn(call))
}

/** `DELETE /v1/jobs/{id}`: ends a job that has not ended. Gives the job as it is then. */
export async function cancelJob(engine: Engine, call: HttpCall): Promise<HttpReply> {
  const tenantId = await tenantOf(engine, call)
  await engine.jobs.cancel(idIn(call), tenantId)
  return jobReply(engine, tenantId, idIn(call))
}

async function jobReply(engine: Engine, tenantId: string, id: string): Promise<HttpReply> {
  const found = await engine.jobs.find(id, tenantId)
  if (!found)
    throw new GatewayError('not_found', 'There is no such job for this tenant; ended ones are deleted after a while.')
  const headers = { 'content-type': 'application/json', 'cache-control': 'private, no-store' }
  return {
    status: 200,
    headers: { ...headers, 'x-headgate-trace-id': found.row.traceId },
    body: jobText(found.row, found.content),
  }
}

async function tenantOf(engine: Engine, call: HttpCall): Promise<string> {
  return readableTenant(await keyHolder(engine, call), call)
}

function idIn({ path }: HttpCall): string {
  return path.slice('/v1/jobs/'.length)
}
