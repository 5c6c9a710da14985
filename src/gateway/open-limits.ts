import { type Admission, createAdmission } from '../admission/admission.ts'
import { shareLimits } from '../admission/shared-limits.ts'
import type { Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import type { KnownValues, LimitStore, LimitStoreCondition } from '../storage/contracts/limit-store.ts'
import { createMemoryLimits } from '../storage/memory/limit-store.ts'
import type { RedisConnection } from '../storage/redis/connection.ts'
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
  close(): void
}

/** What the counts are opened with. */
export interface OpenLimitsOptions {
  readonly clock: Clock
  readonly log: Log
  /** How long a call waits for a server; undefined is the usual time. */
  readonly patienceMs: number | undefined
}

/** Opens the counts: in this process alone, or shared through a server. */
export function openLimits(
  connection: RedisConnection | null,
  { clock, log, patienceMs }: OpenLimitsOptions,
): OpenedLimits {
  const instance = newId('ins', clock.now())
  const own = createMemoryLimits({ clock })
  const slotsHeld = () => own.slotsHeld()
  if (!connection) {
    return {
      admission: createAdmission({ store: own, clock, instance }),
      condition: () => ({ store: 'memory', state: 'ok', instances: 1 }),
      slotsHeld,
      counts: own,
      close: () => undefined,
    }
  }
  const { redis, complaint } = connection
  const server = createRedisLimits({ redis, instance })
  const shared = shareLimits({ server, own, log, complaint, ...(patienceMs === undefined ? {} : { patienceMs }) })
  return {
    admission: createAdmission({ store: shared, clock, instance }),
    condition: () => shared.condition(),
    slotsHeld,
    counts: shared,
    close: () => shared.close(),
  }
}
