/*
 * What is switched off, on every instance at once.
 *
 * A change takes effect here with the reply to whoever made it. Others find out by asking for one number, `pollMs` apart, and read the switches when it is
 * another; a connection that the database could call back on would save these questions, but poolers in between lose such calls without a word, so the
 * questions would have to stay. When the store is away the last known switches go on; they end by themselves at their time.
 */
import type { Clock } from '../lib/clock.ts'
import type {
  KillSwitchEnd,
  KillSwitchRow,
  KillSwitchStore,
  NewKillSwitch,
} from '../storage/contracts/kill-switch-store.ts'
import { KillBoard } from './kill-switch-board.ts'

const DEFAULT_POLL_MS = 400

/** What a switchboard needs. */
export interface SwitchboardOptions {
  readonly store: KillSwitchStore
  readonly clock: Pick<Clock, 'now'>
  /** Told of every new board, to end the calls that run. */
  readonly changed: (board: KillBoard) => void
  /** Told of each switch that this instance turned, and by whom. */
  readonly turned?: (row: KillSwitchRow, state: 'on' | 'off', actor: string) => void
  /** How often others' changes are asked for. Default 400 ms. */
  readonly pollMs?: number
}

/** The switches of this gateway. Its writes reject with GatewayError `ledger_unavailable`. */
export interface Switchboard {
  /** What is on, as far as this instance knows. */
  board(): KillBoard
  /** See `KillSwitchStore.on`. In effect here when it resolves. */
  on(ask: NewKillSwitch): Promise<KillSwitchRow | null>
  /** See `KillSwitchStore.off`. In effect here when it resolves. */
  off(id: string, end: KillSwitchEnd): Promise<KillSwitchRow | null>
  /** Looks for changes of other instances now. */
  poll(): Promise<void>
  /** Stops polling. */
  close(): void
}

/** Reads the switches and starts to poll, which does not keep the process alive. Rejects with GatewayError `ledger_unavailable`. */
export async function openSwitchboard(options: SwitchboardOptions): Promise<Switchboard> {
  const { store, clock, changed, turned, pollMs = DEFAULT_POLL_MS } = options
  let version = await store.version()
  let board = new KillBoard(await store.list())
  let changesHere = 0
  let polling: Promise<void> | null = null

  function take(switches: readonly KillSwitchRow[]): void {
    board = new KillBoard(switches)
    changed(board)
  }

  async function look(): Promise<void> {
    const before = changesHere
    const now = await store.version()
    if (now === version) return
    // The number is read first: what changes after it is seen by the next look.
    const switches = await store.list()
    // A change that was made here meanwhile may not be in what was read: the next look reads again.
    if (before !== changesHere) return
    version = now
    take(switches)
  }

  const poll = (): Promise<void> => {
    polling ??= look().finally(() => {
      polling = null
    })
    return polling
  }
  // A store that is away is reported by those who need it more.
  const timer = setInterval(() => void poll().catch(() => undefined), pollMs)
  timer.unref()

  return {
    board: () => board,
    async on(ask) {
      const row = await store.on(ask)
      if (!row) return null
      changesHere += 1
      take([row, ...board.switches.filter(({ id }) => id !== row.id)])
      turned?.(row, 'on', row.actor)
      return row
    },
    async off(id, end) {
      const row = await store.off(id, end)
      changesHere += 1
      const now = clock.now()
      take(board.switches.filter((one) => one.id !== id && (one.endsAt ?? now + 1) > now))
      if (row) turned?.(row, 'off', end.actor)
      return row
    },
    poll,
    close: () => clearInterval(timer),
  }
}
