import type { CoordinationConfig } from '../config/sections/coordination.ts'
import { openRedis, type RedisConnection } from '../storage/redis/connection.ts'

/** A server that is not there by then is away, and the gateway starts without it. */
const FIRST_CONNECTION_MS = 1_000

/** Connects to the server through which instances share what is not money; null when the configuration names none. Never rejects. */
export async function openCoordination({ redis: url }: CoordinationConfig): Promise<RedisConnection | null> {
  if (!url) return null
  const connection = openRedis(url)
  await connection.settled(FIRST_CONNECTION_MS)
  return connection
}
