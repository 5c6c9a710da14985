import { type Admission, createAdmission } from '../admission/admission.ts'
import { shareLimits } from '../admission/shared-limits.ts'
import type { CoordinationConfig } from '../config/sections/coordination.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import type { KnownValues, LimitStore, LimitStoreCondition } from '../storage/contracts/limit-store.ts'
import { createMemoryLimits } from '../storage/memory/limit-store.ts'
import { openRedis } from '../storage/redis/connection.ts'
import { createRedisLimits } from '../storage/redis/limit-store.ts'
import type { Log } from './log.ts'

/** The counts of rates and running calls. */
export interface OpenedLimits {
  readonly admission: Admission
  condition(): LimitStoreCondition
  /** Places that calls of this instance have now. */
  slotsHeld(): number
  /** For onlookers: how counts stand, and whose there are. */
  readonly counts: Pick<LimitStore, 'peek'> & KnownValues
  close(): Promise<void>
}

/** A server that is not there by then is away, and the gateway starts without it. */
const FIRST_CONNECTION_MS = 1_000

/** What the counts are opened with. */
export interface OpenLimitsOptions {
  readonly clock: Clock
  readonly log: Log
  /** How long a call waits for a server; undefined is the usual time. */
  readonly patienceMs: number | undefined
}

/** Opens the counts: in this process alone, or shared through the server that the configuration names. */
export async function openLimits(
  { redis: url }: CoordinationConfig,
  { clock, log, patienceMs }: OpenLimitsOptions,
): Promise<OpenedLimits> {
  const instance = newId('ins', clock.now())
  const own = createMemoryLimits({ clock })
  const slotsHeld = () => own.slotsHeld()
  if (!url) {
    return {
      admission: createAdmission({ store: own, clock, instance }),
      condition: () => ({ store: 'memory', state: 'ok', instances: 1 }),
      slotsHeld,
      counts: own,
      close: async () => undefined,
    }
  }
  const { redis, complaint, settled } = openRedis(url)
  await settled(FIRST_CONNECTION_MS)
  const server = createRedisLimits({ redis, instance })
  const shared = shareLimits({ server, own, log, complaint, ...(patienceMs === undefined ? {} : { patienceMs }) })
  return {
    admission: createAdmission({ store: shared, clock, instance }),
    condition: () => shared.condition(),
    slotsHeld,
    counts: shared,
    async close() {
      shared.close()
      redis.disconnect()
    },
  }
}
