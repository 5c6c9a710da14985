import { BoardLine } from '../execution/board-line.ts'
import { createRedisBoard } from '../storage/redis/breaker-board.ts'
import type { RedisConnection } from '../storage/redis/connection.ts'
import type { Log } from './log.ts'

/** A line to the board of breakers on the server that instances share. */
export function breakerLine(
  { redis, complaint }: RedisConnection,
  { log, patienceMs }: { readonly log: Log; readonly patienceMs: number | undefined },
): BoardLine {
  return new BoardLine({ board: createRedisBoard({ redis }), log, complaint, patienceMs })
}
