import { type Books, openBooks } from '../../src/money/books.ts'
import type { BudgetSource } from '../../src/money/budget-source.ts'
import type { Host } from '../../src/money/host.ts'
import type { Ledger } from '../../src/money/ledger-watch.ts'
import { SILENT } from '../../src/money/money-log.ts'
import { DEFAULT_TIMINGS } from '../../src/money/money-timings.ts'
import type { SimulatedDisk } from './disk.ts'
import type { SimulatedProcess, VirtualTime } from './virtual-time.ts'

/** As in production, but that the dead are found sooner: so a simulated day is short. */
export const TIMINGS = {
  ...DEFAULT_TIMINGS,
  heartbeatMs: 1_000,
  leaseMs: 4_000,
  recoverMs: 2_000,
  settleWaitMs: 2_000,
  settleMostPauseMs: 500,
  closeWaitMs: 2_000,
}

/** Between attempts to start while the database is away. */
const START_AGAIN_MS = 400

/** The processes of one machine. */
export class SimulatedMachine {
  readonly name: string
  readonly disk: SimulatedDisk
  readonly #processes: GatewayProcess[] = []

  constructor(name: string, disk: SimulatedDisk) {
    this.name = name
    this.disk = disk
  }

  /** A new process; it is part of the process list. */
  start(process: GatewayProcess): number {
    return this.#processes.push(process)
  }

  isAlive(pid: number): boolean {
    return this.#processes[pid - 1]?.dead === false
  }
}

/** What a process is started with. */
export interface ProcessOptions {
  readonly name: string
  readonly time: VirtualTime
  readonly machine: SimulatedMachine
  readonly budgets: BudgetSource
  /** Wall time of the database when the simulation began. */
  readonly beganAtMs: number
  readonly storeFor: (process: GatewayProcess) => Ledger
}

/** A gateway as far as money is concerned: the real books, on simulated time, disk and network. */
export class GatewayProcess implements SimulatedProcess {
  readonly name: string
  dead = false
  stoppedUntilMs = 0
  cutUntilMs = 0
  /** How far its wall clock is off. */
  clockAheadMs = 0
  /** Null while it starts. */
  books: Books | null = null
  readonly ids: string[] = []
  readonly #options: ProcessOptions
  readonly #host: Host

  constructor(options: ProcessOptions) {
    const { name, machine, time } = options
    this.name = name
    this.#options = options
    const pid = machine.start(this)
    this.#host = {
      machine: machine.name,
      self: { pid, startedAt: null },
      isAlive: (process) => machine.isAlive(process.pid),
    }
    time.after(0, () => void this.#open(), this)
  }

  /** Ends it as SIGTERM does. */
  close(): void {
    const { time } = this.#options
    const end = async (): Promise<void> => {
      await this.books?.close()
      this.dead = true
    }
    time.after(0, () => void end(), this)
  }

  async #open(): Promise<void> {
    const { name, time, machine, budgets, beganAtMs, storeFor } = this.#options
    const clock = {
      now: () => beganAtMs + time.nowMs + this.clockAheadMs,
      monotonic: () => time.nowMs,
    }
    const newInstanceId = (): string => {
      const id = `${name}_${this.ids.length + 1}`
      this.ids.push(id)
      return id
    }
    const store = storeFor(this)
    while (this.books === null) {
      try {
        this.books = await openBooks({
          store,
          clock,
          budgets,
          dispatchFiles: machine.disk.directoryOf(this),
          host: this.#host,
          newInstanceId,
          log: SILENT,
          timings: TIMINGS,
        })
      } catch {
        await time.sleep(START_AGAIN_MS)
      }
    }
  }
}
