import { loadConfigObject } from '../../../src/config/load.ts'
import { type Gateway, gatewayOf } from '../../../src/gateway/create-gateway.ts'
import { type House, openHouse } from '../../../src/gateway/house.ts'
import { SILENT_LOG } from '../../../src/gateway/log.ts'
import { providerDefinitions } from '../../../src/providers/registry.ts'
import { eventually } from '../eventually.ts'
import { callFetch, callLibrary } from './call-inside.ts'
import type { Heard } from './heard.ts'
import { rowsInHouse, type StreamRow } from './rows.ts'
import type { StreamPlan } from './stream-plan.ts'
import { streamsConfig, type Walls } from './upstreams.ts'

/** One gateway in this process serves so many streams; then its books are closed and looked at. */
const STREAMS_A_GATEWAY = 2_000

/** Longer than any stream takes, on however busy a machine. */
const LAST_STREAM_MS = 600_000

/** Gateways in this process, one after another. */
export class Inside {
  readonly #walls: Walls
  #now: Promise<Room> | null = null
  #begun = 0
  #serving = new Map<string, Room>()
  #problems: string[] = []
  #closing: Promise<void>[] = []

  constructor(walls: Walls) {
    this.#walls = walls
  }

  /** Makes the call of a plan. */
  async call(plan: StreamPlan): Promise<Heard> {
    if (this.#begun % STREAMS_A_GATEWAY === 0) {
      this.#retire()
      this.#now = openRoom(this.#walls)
    }
    this.#begun += 1
    const opening = this.#now ?? openRoom(this.#walls)
    const room = await opening
    room.left += 1
    this.#serving.set(plan.name, room)
    return plan.inbound === 'library' ? callLibrary(room.gateway, plan) : callFetch(room.gateway, plan)
  }

  /** The rows of some streams. */
  async rows(names: readonly string[]): Promise<readonly StreamRow[]> {
    const rooms = new Map<Room, Set<string>>()
    for (const name of names) {
      const room = this.#serving.get(name)
      if (room) rooms.set(room, (rooms.get(room) ?? new Set()).add(name))
    }
    return (await Promise.all([...rooms].map(([{ house }, asked]) => rowsInHouse(house, asked)))).flat()
  }

  /** Nobody will ask for the rows of this stream any more. */
  judged(name: string): void {
    const room = this.#serving.get(name)
    this.#serving.delete(name)
    if (room) room.left -= 1
  }

  /** Closes the last gateway. Gives what was found wrong with all of them. */
  async close(): Promise<readonly string[]> {
    this.#retire()
    await Promise.all(this.#closing)
    return this.#problems
  }

  #retire(): void {
    const opening = this.#now
    this.#now = null
    if (opening) this.#closing.push(opening.then(async (room) => void this.#problems.push(...(await leave(room)))))
  }
}

interface Room {
  readonly house: House
  readonly gateway: Gateway
  /** Streams that are not judged yet. */
  left: number
}

async function openRoom(walls: Walls): Promise<Room> {
  const input = { ...streamsConfig(walls, null), storage: { url: 'memory:' }, auth: { mode: 'none' as const } }
  const loaded = loadConfigObject(input, { env: {}, knownProviders: [...providerDefinitions.values()] })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
  const house = await openHouse({ config: loaded.config, log: SILENT_LOG })
  return { house, gateway: gatewayOf(house), left: 0 }
}

/** Waits for the last stream, and looks at what a gateway leaves behind: no place, no money, and books that equal the rows. */
async function leave(room: Room): Promise<string[]> {
  const { house, gateway } = room
  const problems: string[] = []
  await eventually(async () => room.left === 0, LAST_STREAM_MS)
  if (!(await eventually(async () => house.limits.slotsHeld() === 0, 5_000)))
    problems.push(`a gateway in this process holds ${house.limits.slotsHeld()} places after its last stream`)
  await gateway.close()
  const used = new Map<string, bigint>()
  let cursor: string | undefined
  do {
    const page = await house.storage.reader.events({ limit: 1_000, ...(cursor === undefined ? {} : { cursor }) })
    for (const { userId, cost } of page.rows)
      for (const user of [userId, null])
        used.set(`${user}`, (used.get(`${user}`) ?? 0n) + (user === userId || user === null ? cost : 0n))
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  for (const { key, posted, sliced } of await house.storage.ledger.budgets()) {
    if (sliced !== 0n) problems.push(`${key}: ${sliced} is held after everything was closed`)
    const user = /user=([0-9a-f]{32})/.exec(key)?.[1]
    if (user && posted !== (used.get(user) ?? 0n))
      problems.push(`${key}: posted ${posted}, and its rows add up to ${used.get(user)}`)
  }
  return problems
}
