import type { CoordinationConfig } from '../../config/sections/coordination.ts'
import { openRedis } from '../../storage/redis/connection.ts'
import { type Finding, ok, warn } from './finding.ts'

const CONNECT_MS = 3_000

/** Looks whether the server of shared limits and breakers can be reached. Without one there is nothing to look at. */
export async function checkCoordination({ redis: url }: CoordinationConfig): Promise<readonly Finding[]> {
  if (!url) return []
  const { redis, complaint, settled } = openRedis(url)
  try {
    await settled(CONNECT_MS)
    await redis.ping()
    return [ok('coordination', 'the server of shared limits and breakers answers')]
  } catch (error) {
    const reason = complaint() || (error instanceof Error ? error.message : String(error))
    const advice =
      'until it does, each instance has its share of every limit, and breakers of its own; see coordination.redis'
    return [warn('coordination', `the server of shared limits and breakers does not answer (${reason})`, advice)]
  } finally {
    redis.disconnect()
  }
}
