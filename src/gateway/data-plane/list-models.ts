import type { Principal } from '../../access/context.ts'
import { isAllowed } from '../../policy/allowed-models.ts'
import type { Step } from '../../policy/policy.ts'
import type { Engine } from '../engine.ts'
import { type HttpCall, type HttpReply, jsonReply } from '../http-call.ts'
import { keyHolder } from './key-holder.ts'

/** `GET /v1/models`: the names that `model` may hold for this key, in the shape of the SDK that asks. */
export async function listModels(engine: Engine, call: HttpCall): Promise<HttpReply> {
  const names = namesFor(engine, await keyHolder(engine, call))
  const created = Math.floor(engine.loadedAt / 1000)
  if (call.headers['anthropic-version'] === undefined) {
    const data = names.map(({ name, owner }) => ({ id: name, object: 'model', created, owned_by: owner }))
    return jsonReply(200, { object: 'list', data })
  }
  const created_at = new Date(created * 1000).toISOString()
  const data = names.map(({ name }) => ({ type: 'model', id: name, display_name: name, created_at }))
  return jsonReply(200, {
    data,
    has_more: false,
    first_id: names[0]?.name ?? null,
    last_id: names.at(-1)?.name ?? null,
  })
}

/** Tasks, then logical models, then deployments that the config lists; only those that key and tenant may use. */
function namesFor(
  { policy, book }: Engine,
  principal: Principal,
): readonly { readonly name: string; readonly owner: string }[] {
  const tenantAllows = (principal.tenantId ? policy.tenants.get(principal.tenantId)?.allowedModels : null) ?? null
  const usable = (steps: readonly Step[], task: string | null): boolean =>
    steps.some((step) => isAllowed(principal.allowedModels, step, task) && isAllowed(tenantAllows, step, task))
  const names: { name: string; owner: string }[] = []
  for (const [name, task] of policy.tasks) if (usable(task.steps, name)) names.push({ name, owner: 'headgate' })
  for (const [name, steps] of policy.models) if (usable(steps, null)) names.push({ name, owner: 'headgate' })
  for (const deployment of book.listed) {
    const step: Step = { deployment, logicalName: deployment.id, role: 'default' }
    if (usable([step], null)) names.push({ name: deployment.id, owner: deployment.endpoint.provider })
  }
  return names
}
