import { issueKey } from '../../access/issue-key.ts'
import { gatewayOf } from '../../gateway/create-gateway.ts'
import { openHouse } from '../../gateway/house.ts'
import { SILENT_LOG } from '../../gateway/log.ts'
import { isObject, type JsonObject, parseJson } from '../../lib/json.ts'
import type { AdminClient } from '../admin-client.ts'
import type { CliContext } from '../context.ts'
import { loadConfig } from '../load-config.ts'
import { problemLines } from '../problem-list.ts'
import { UserError } from '../user-error.ts'

/**
 * Asks a gateway that runs in this process, by a config file, for as long as the question takes: with an empty ledger in memory, on its own. Rejects with UserError when
 * the config is wrong or the question is refused.
 */
export async function withFileGateway(
  file: string,
  context: CliContext,
  ask: (client: Pick<AdminClient, 'post'>) => Promise<JsonObject>,
): Promise<JsonObject> {
  const { result } = await loadConfig({ config: file }, context)
  if (!result.ok) throw new UserError(problemLines(result.problems).join('\n'))
  const { config } = result
  const apart = {
    ...config,
    storage: { ...config.storage, target: { kind: 'memory' as const } },
    coordination: { ...config.coordination, redis: null },
  }
  const house = await openHouse({ config: apart, log: SILENT_LOG })
  const { key } = await issueKey(house.storage.keys, { kind: 'admin' }, house.clock.now())
  const gateway = gatewayOf(house)
  const post: AdminClient['post'] = async (path, body, headers = {}) => {
    const authorization = `Bearer ${key.reveal()}`
    const reply = await gateway.fetch(`http://headgate${path}`, {
      method: 'POST',
      headers: { ...headers, authorization },
      body: JSON.stringify(body),
    })
    const told = parseJson(await reply.text())
    if (!isObject(told)) throw new UserError(`${file} cannot be asked`)
    if (!reply.ok) throw new UserError(isObject(told.error) ? String(told.error.message) : `HTTP ${reply.status}`)
    return told
  }
  try {
    return await ask({ post })
  } finally {
    await gateway.close()
  }
}
