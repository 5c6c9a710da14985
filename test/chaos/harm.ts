import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from './chance.ts'
import type { GatewayProcess } from './gateway-process.ts'
import type { SmallDisk } from './small-disk.ts'
import type { Stand } from './stand.ts'

/** One kind of harm, done under load and healed again. */
export interface Harm {
  readonly name: string
  /** Why it cannot be done on this stand; null when it can. */
  readonly missing: (stand: Stand) => string | null
  /** Does it, waits a moment and heals it. Rejects with what a gateway should not have done. */
  readonly strike: (stand: Stand, chance: Chance) => Promise<void>
  /** Takes so long that it is done only now and then. */
  readonly rare?: true
}

/** A moment of harm, in ms. */
const MOMENT = [150, 1_300] as const
/** Longer than a lease of 30 s. */
const LONG_MS = 33_000

const always = () => null
const needsDisks = ({ disks }: Stand) => (disks ? null : 'needs root on Linux, to mount a small disk')
const needsRedis = ({ redis }: Stand) => (redis ? null : 'needs a Redis or Valkey server')
const moment = (chance: Chance) => sleep(chance.between(...MOMENT))

/** All kinds of harm. */
export const HARMS: readonly Harm[] = [
  {
    name: 'kill -9 of a gateway',
    missing: always,
    async strike({ gateways }, chance) {
      const victim = chance.pick(gateways)
      await victim.end('SIGKILL')
      await moment(chance)
      await victim.start()
    },
  },
  {
    name: 'kill -9 of all gateways',
    missing: always,
    strike: ({ gateways }) => killAndStart(gateways),
  },
  {
    name: 'kill -9 of PostgreSQL',
    missing: always,
    strike: async ({ database }) => void (await database.signal('SIGKILL')),
  },
  {
    name: 'kill -9 of one of its processes',
    missing: always,
    strike: ({ database }) => database.killOneBackend(),
  },
  {
    name: 'PostgreSQL stops immediately',
    missing: always,
    strike: async ({ database }) => void (await database.signal('SIGQUIT')),
  },
  {
    name: 'kill -9 of everything',
    missing: always,
    async strike({ gateways, database, redis }) {
      const ends = [...gateways.map((gateway) => gateway.end('SIGKILL')), database.signal('SIGKILL'), redis?.kill()]
      await Promise.all(ends)
      await redis?.start()
      await killAndStart(gateways)
    },
  },
  {
    name: 'kill -9 of Redis',
    missing: needsRedis,
    async strike({ redis }, chance) {
      await redis?.kill()
      await moment(chance)
      await redis?.start()
    },
  },
  {
    name: 'Redis hangs',
    missing: needsRedis,
    async strike({ redis }, chance) {
      redis?.freeze()
      await moment(chance)
      redis?.thaw()
    },
  },
  {
    name: 'SIGTERM to a gateway',
    missing: always,
    async strike({ gateways }, chance) {
      const victim = chance.pick(gateways)
      const code = await victim.end('SIGTERM')
      if (code !== 0) throw new Error(`${victim.name} ended with ${code} after SIGTERM: ${victim.lastWords()}`)
      await victim.start()
    },
  },
  {
    name: 'a gateway hangs',
    missing: always,
    strike: ({ gateways }, chance) => hang(chance.pick(gateways), chance.between(...MOMENT)),
  },
  {
    name: 'a gateway hangs past its lease',
    missing: always,
    rare: true,
    strike: ({ gateways }, chance) => hang(chance.pick(gateways), LONG_MS),
  },
  {
    name: 'PostgreSQL hangs',
    missing: always,
    async strike({ database }, chance) {
      await database.hang()
      await moment(chance)
      await database.goOn()
    },
  },
  {
    name: 'no room for dispatch files',
    missing: needsDisks,
    strike: ({ disks }, chance) => fillFor(disks?.dispatch, chance),
  },
  {
    name: 'no room for the database',
    missing: needsDisks,
    strike: ({ disks }, chance) => fillFor(disks?.database, chance),
  },
]

async function killAndStart(gateways: readonly GatewayProcess[]): Promise<void> {
  await Promise.all(gateways.map((gateway) => gateway.end('SIGKILL')))
  await Promise.all(gateways.map((gateway) => gateway.start()))
}

async function hang(gateway: GatewayProcess, ms: number): Promise<void> {
  gateway.hang()
  await sleep(ms)
  gateway.goOn()
}

async function fillFor(disk: SmallDisk | undefined, chance: Chance): Promise<void> {
  await disk?.fill()
  await moment(chance)
  await disk?.free()
}
