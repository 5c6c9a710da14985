import type { Principal } from '../../access/context.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { JsonObject } from '../../lib/json.ts'
import { isAllowed } from '../../policy/allowed-models.ts'
import type { Step } from '../../policy/policy.ts'
import { liesIn, placeOf } from '../../policy/residency.ts'
import type { Engine } from '../engine.ts'
import { type HttpCall, type HttpReply, jsonReply } from '../http-call.ts'
import { keyHolder } from './key-holder.ts'
import { modelNameIn } from './model-paths.ts'

/** `GET /v1/models` and `/v1beta/models`: the names that `model` may hold for this key, in the shape of the SDK that asks. */
export async function listModels(engine: Engine, call: HttpCall): Promise<HttpReply> {
  const shape = shapeFor(call, engine)
  const entries = namesFor(engine, await keyHolder(engine, call)).map(shape.entry)
  return jsonReply(200, shape.list(entries))
}

/** `GET /v1/models/{model}` and `/v1beta/models/{model}`: one of them. Throws GatewayError `model_not_found`. */
export async function showModel(engine: Engine, call: HttpCall): Promise<HttpReply> {
  const asked = modelNameIn(call.path.replace(/^\/v1(beta)?\/models\//, ''))
  const found = namesFor(engine, await keyHolder(engine, call)).find(({ name }) => name === asked)
  if (found) return jsonReply(200, shapeFor(call, engine).entry(found))
  throw new GatewayError('model_not_found', `There is no model "${asked}" for this key; GET /v1/models lists all.`, {
    param: 'model',
  })
}

/** A name that `model` may hold. */
interface Named {
  readonly name: string
  readonly owner: string
}

/** How one family of SDKs wants its models. */
interface Shape {
  entry(named: Named): JsonObject
  list(entries: readonly JsonObject[]): JsonObject
}

function shapeFor({ path, headers }: HttpCall, { loadedAt }: Engine): Shape {
  const created = Math.floor(loadedAt / 1000)
  if (path.startsWith('/v1beta/')) return GEMINI
  if (headers['anthropic-version'] === undefined) {
    return {
      entry: ({ name, owner }) => ({ id: name, object: 'model', created, owned_by: owner }),
      list: (data) => ({ object: 'list', data: [...data] }),
    }
  }
  const created_at = new Date(created * 1000).toISOString()
  return {
    entry: ({ name }) => ({ type: 'model', id: name, display_name: name, created_at }),
    list: (data) => ({
      data: [...data],
      has_more: false,
      first_id: data[0]?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
    }),
  }
}

const GEMINI: Shape = {
  entry: ({ name }) => ({
    name: `models/${name}`,
    displayName: name,
    supportedGenerationMethods: ['generateContent', 'countTokens'],
  }),
  list: (models) => ({ models: [...models] }),
}

/** Tasks, then logical models, then deployments that the config lists; only those that key and tenant may use. */
function namesFor({ policy, book }: Engine, principal: Principal): readonly Named[] {
  const tenant = principal.tenantId ? policy.tenants.get(principal.tenantId) : undefined
  const tenantAllows = tenant?.allowedModels ?? null
  const region = tenant?.region ?? null
  const usable = (steps: readonly Step[], task: string | null): boolean =>
    steps.some(
      (step) =>
        isAllowed(principal.allowedModels, step, task) &&
        isAllowed(tenantAllows, step, task) &&
        (region === null || liesIn(placeOf(step.deployment), region)),
    )
  const names: Named[] = []
  for (const [name, task] of policy.tasks) if (usable(task.steps, name)) names.push({ name, owner: 'headgate' })
  for (const [name, steps] of policy.models) if (usable(steps, null)) names.push({ name, owner: 'headgate' })
  for (const deployment of book.listed) {
    const step: Step = { deployment, logicalName: deployment.id, role: 'default' }
    if (usable([step], null)) names.push({ name: deployment.id, owner: deployment.endpoint.provider })
  }
  return names
}
