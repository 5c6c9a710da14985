import { Redis } from 'ioredis'
import { quickenStrings } from '../../lib/quick-strings.ts'
import type { Secret } from '../../lib/secret.ts'

// ioredis has a kind of text of its own, and is loaded whether there is a Redis or not.
quickenStrings()

const CONNECT_MS = 2_000
/** A connection on which a reply is owed for so long is given up: the server hangs, or the network swallows everything. */
const SILENCE_MS = 2_000
const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 1_000

/** A connection that mends itself, and what it last complained of. */
export interface RedisConnection {
  readonly redis: Redis
  /** Why it is not up; empty when nothing went wrong yet. */
  complaint(): string
  /** Resolves when the first connection is up or has failed, or so much time has passed. */
  settled(mostMs: number): Promise<void>
}

/**
 * Opens a connection without waiting for it. A command on a connection that is not up fails at once; none is kept for later and none is sent twice,
 * because a count that comes late or twice is wrong.
 */
export function openRedis(url: Secret): RedisConnection {
  const redis = new Redis(url.reveal(), {
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectionName: 'headgate',
    retryStrategy: (times) => Math.min(FIRST_RETRY_MS * 2 ** Math.min(times, 10), LONGEST_RETRY_MS),
    // A server that was made a replica takes no writes: the name now leads to another one.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  })
  let complaint = ''
  redis.on('error', (error: Error) => {
    complaint = error.message
  })
  redis.on('ready', () => {
    complaint = ''
  })
  return {
    redis,
    complaint: () => complaint,
    settled: (mostMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, mostMs)
        for (const event of ['ready', 'error']) redis.once(event, () => resolve(clearTimeout(timer)))
      }),
  }
}
