import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { ConfigInput } from '../../src/config/schema.ts'
import { startTestRedis, type TestRedis } from '../../src/storage/redis/test-server.contract.ts'
import { startWall, type Wall } from '../../src/testing/index.ts'
import { type Database, databaseOf } from './database.ts'
import { type GatewayProcess, gatewayProcess } from './gateway-process.ts'
import { mountSmallDisk, type SmallDisk } from './small-disk.ts'

/*
 * What is put under stress: several gateway processes on one data directory with one embedded PostgreSQL, and in front of the wall. The wall and the
 * callers live in this process, which nobody kills: their memory is the outside truth.
 */

/** The operator's key of every gateway. */
const ADMIN_KEY = 'hg-admin-for-this-stand-only-0123456789abcdef'

/** Room for the database in ordinary times. */
const DATABASE_BYTES = 1024 ** 3
/** Room for the dispatch files in ordinary times. */
const DISPATCH_BYTES = 8 * 1024 ** 2

/** Everything there is, running. */
export interface Stand {
  readonly wall: Wall
  readonly gateways: readonly GatewayProcess[]
  readonly database: Database
  /** The disk below the database and the one below the dispatch files; null where this process may not mount any. */
  readonly disks: { readonly database: SmallDisk; readonly dispatch: SmallDisk } | null
  /** The server of shared limits; null where none is wanted, or none can be had on this machine. */
  readonly redis: TestRedis | null
  /** A key that may speak for every tenant. */
  readonly key: string
  /** Keys under which Redis has places of running calls. */
  placesTaken(): Promise<readonly string[]>
  /** How many dispatch files there are: none, once everybody has closed cleanly. */
  dispatchFiles(): Promise<number>
  /** Ends what still runs and takes everything away. Safe to call twice, and at any time. */
  close(): Promise<void>
}

/** What to build. */
export interface StandOptions {
  readonly gateways: number
  readonly config: (wall: Wall, redisUrl: string | null) => ConfigInput
  /** Whether the disks and Redis are wanted. */
  readonly smallDisks: boolean
  readonly redis: boolean
  /** Told how to take everything away, before there is anything: for those who may be interrupted. */
  readonly onClose?: (close: () => Promise<void>) => void
}

/** Builds a stand and waits until all gateways listen. When that fails, nothing stays behind. */
export async function openStand(options: StandOptions): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'headgate-chaos-'))
  const dataDir = join(folder, 'data')
  const configFile = join(folder, 'headgate.yaml')
  const disks: SmallDisk[] = []
  let redis: TestRedis | null = null
  const database = databaseOf(dataDir)
  const wall = await startWall()
  const setup = { configFile, dataDir, env: { HEADGATE_ADMIN_KEY: ADMIN_KEY } }
  const names = Array.from({ length: options.gateways }, (_, index) => `gateway ${index + 1}`)
  const gateways = names.map((name) => gatewayProcess(name, setup))
  let closing: Promise<void> | null = null
  const close = () => {
    closing ??= takeDown()
    return closing
  }

  async function takeDown(): Promise<void> {
    await database.leave()
    await Promise.all(gateways.map((gateway) => gateway.retire()))
    await database.end()
    await wall.close()
    await redis?.close()
    for (const disk of disks.splice(0).reverse()) await disk.unmount()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }

  options.onClose?.(close)
  try {
    // Open to the account that PostgreSQL runs under, so that the cluster is inside and goes with the folder.
    await chmod(folder, 0o755)
    const mount = async (path: string, bytes: number): Promise<SmallDisk | null> => {
      const disk = options.smallDisks ? await mountSmallDisk(path, bytes) : null
      if (disk) disks.push(disk)
      return disk
    }
    const below = await mount(dataDir, DATABASE_BYTES)
    const dispatch = below && (await mount(join(dataDir, 'dispatch'), DISPATCH_BYTES))
    if (options.redis) redis = await startTestRedis().catch(() => null)
    const limits = redis
    await writeFile(configFile, JSON.stringify(options.config(wall, limits?.url ?? null)))
    await Promise.all(gateways.map((gateway) => gateway.start()))
    return {
      wall,
      gateways,
      database,
      disks: below && dispatch ? { database: below, dispatch } : null,
      redis: limits,
      placesTaken: async () => (limits ? placesIn(limits.url) : []),
      key: await serviceKey(gateways[0]?.url() ?? ''),
      dispatchFiles: async () => (await readdir(join(dataDir, 'dispatch'))).length,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function placesIn(url: string): Promise<readonly string[]> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: null })
  try {
    await redis.connect()
    return await redis.keys('headgate:{limits}:slots:*:leases')
  } finally {
    redis.disconnect()
  }
}

async function serviceKey(url: string): Promise<string> {
  const reply = await fetch(`${url}/admin/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'service', tenants: ['*'], name: 'load' }),
  })
  const { key } = (await reply.json()) as { key?: string }
  if (key === undefined) throw new Error(`no key was made: ${reply.status}`)
  return key
}
