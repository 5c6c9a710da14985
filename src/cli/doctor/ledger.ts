import type { StorageTarget } from '../../config/sections/storage.ts'
import { asGatewayError } from '../../errors/gateway-error.ts'
import { SILENT_LOG } from '../../gateway/log.ts'
import { connectStorage } from '../../gateway/open-storage.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Storage, StorageCondition } from '../../storage/contracts/storage.ts'
import { messageWithCause } from '../reason.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

/** Clocks this far apart make expiries and logs hard to read; this far apart makes them wrong. */
const APART_MS = 2_000
const FAR_APART_MS = 60_000

/** Opens the ledger as `serve` would, without changing its schema: whether it runs, keeps what it is given, and agrees on the time. */
export async function checkLedger(target: StorageTarget, clock: Clock): Promise<readonly Finding[]> {
  try {
    const { storage, note, close } = await connectStorage(target, clock, SILENT_LOG)
    try {
      const condition = await storage.inspect()
      const where = target.kind === 'postgres' ? `${condition.server}, a server of yours` : note
      return [ok('ledger', where), durability(condition), schema(condition), await time(storage, clock)]
    } finally {
      await storage.close()
      await close()
    }
  } catch (error) {
    return [fail('ledger', messageWithCause(asGatewayError(error)), 'until this is put right no call is admitted')]
  }
}

function durability({ server, undurable }: StorageCondition): Finding {
  if (undurable.length === 0) return ok('durability', 'a committed charge is on disk')
  const says = undurable.join(', ')
  if (server === 'memory')
    return warn('durability', says, 'for more than trying out, set storage.url to embedded: or postgres://')
  return fail('durability', `${says}: a power cut loses charges`, 'switch it on in the PostgreSQL server')
}

function schema({ pendingMigrations, unknownMigrations }: StorageCondition): Finding {
  if (unknownMigrations.length > 0) {
    const says = `set up by a newer Headgate: it has ${unknownMigrations.join(', ')}`
    return fail('schema', says, 'start the newer version, or restore a backup from before the upgrade')
  }
  if (pendingMigrations.length === 0) return ok('schema', 'up to date')
  return warn(
    'schema',
    `lacks ${pendingMigrations.join(', ')}`,
    'run headgate migrate, or start headgate serve, which does it',
  )
}

async function time({ ledger }: Storage, clock: Clock): Promise<Finding> {
  const before = clock.now()
  const theirs = await ledger.now()
  const apartMs = Math.round(Math.abs(theirs - (before + clock.now()) / 2))
  const says = `the database's clock and ours are ${apartMs < 1000 ? `${apartMs} ms` : `${Math.round(apartMs / 1000)} s`} apart`
  const advice = 'run a time service (NTP) on both machines'
  if (apartMs > FAR_APART_MS) return fail('clock', says, advice)
  return apartMs > APART_MS ? warn('clock', says, advice) : ok('clock', says)
}
