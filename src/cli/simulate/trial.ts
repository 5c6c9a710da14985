import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { AdminClient } from '../admin-client.ts'
import { type Moment, momentBefore } from '../moment.ts'
import type { Output } from '../output.ts'
import { startProgress } from '../progress.ts'
import { UserError } from '../user-error.ts'

const STEPS = 100

/** Which requests of a gateway are decided again. */
export interface StoredRequests {
  readonly since: Moment
  readonly until?: Moment
  readonly tenant?: string
  /** What is supposed of requests that do not say it, as the API takes it. */
  readonly suppose?: JsonObject
}

/** What a gateway tells of a policy that is tried on its requests, as it comes. */
export function trialOnGateway(
  client: Pick<AdminClient, 'postLines'>,
  policy: JsonValue,
  { since, until, tenant, suppose }: StoredRequests,
): AsyncIterable<JsonObject> {
  const now = Date.now()
  return client.postLines('/admin/v1/policy/simulate', {
    policy,
    from: momentBefore(now, since),
    ...(until === undefined ? {} : { to: momentBefore(now, until) }),
    ...(tenant === undefined ? {} : { tenant_id: tenant }),
    ...(suppose === undefined ? {} : { suppose }),
  })
}

/** The whole result, with every request that changes; shows how far it is to whoever watches. Rejects with UserError when it broke off. */
export async function trialResult(output: Output, news: AsyncIterable<JsonObject>): Promise<JsonObject> {
  const changed: JsonValue[] = []
  const progress = startProgress(output, STEPS)
  let result: JsonObject | null = null
  try {
    for await (const one of news) {
      if (isObject(one.progress)) {
        progress.at(Math.round(Number(one.progress.share) * STEPS), `${one.progress.requests} requests`)
      } else if (one.changed !== undefined) changed.push(one.changed)
      else if (isObject(one.result)) result = one.result
    }
  } finally {
    progress.end()
  }
  if (!result) throw new UserError('the gateway broke off before it was done; ask it again, or look at its log')
  return { ...result, changed }
}
