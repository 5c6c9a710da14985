import type { Amounts } from '../../src/canonical/amounts.ts'
import type { Ledger } from '../../src/money/ledger-watch.ts'
import { createCalendar } from '../../src/money/window.ts'
import type {
  BudgetState,
  LedgerAdjustment,
  LedgerStore,
  Settlement,
  UsageRow,
} from '../../src/storage/contracts/ledger-store.ts'
import { openMemoryStorage } from '../../src/storage/memory/open.ts'
import { ScenarioBudgets } from './budgets-of-scenario.ts'
import { SimulatedDisk } from './disk.ts'
import { overLink } from './link.ts'
import { playCall, type Stage } from './play-call.ts'
import { GatewayProcess, SimulatedMachine } from './process.ts'
import type { Call, Fault, Scenario } from './scenario.ts'
import { VirtualTime } from './virtual-time.ts'
import { type TakenCall, unitOf, Witness } from './witness.ts'

/** Some day at noon, well before a DST night. */
const NOON = Date.parse('2026-11-21T12:00:00Z')

/** Where the gateways stand that a scenario begins with. */
const SLOTS = 2

/** How a world is watched. */
export interface WorldOptions {
  /** Whether a refusal is only right while some budget of the call is short. */
  readonly fair: boolean
  /** Told of all that happens, a line each. */
  readonly trace: (line: () => string) => void
}

/** A database, two gateways, their machines and clients, and a witness. */
export class World {
  readonly time = new VirtualTime()
  readonly witness = new Witness()
  readonly ledger: LedgerStore
  readonly beganAtMs: number
  readonly machines: readonly SimulatedMachine[]
  /** The process that serves in each slot now. */
  readonly serving: GatewayProcess[] = []
  readonly #scenario: Scenario
  readonly #fair: boolean
  readonly #trace: (line: () => string) => void
  readonly #budgets: ScenarioBudgets
  readonly #storage: ReturnType<typeof openMemoryStorage>
  readonly #all: GatewayProcess[] = []
  #downUntilMs = 0
  #calm = false
  #lookingBack = false
  #states: readonly BudgetState[] = []
  /** Calls that wait, and whether some budget of theirs was short at any time since. */
  readonly #watched = new Set<{
    readonly call: Call
    readonly needs: Amounts
    readonly runs: boolean
    short: boolean
  }>()

  constructor(scenario: Scenario, { fair, trace }: WorldOptions) {
    this.#scenario = scenario
    this.#fair = fair
    this.#trace = (line) => trace(() => `${this.time.nowMs.toFixed(0)} ms: ${line()}`)
    this.beganAtMs = createCalendar().windowOf('day', NOON, scenario.zone).endsAt - scenario.beforeMidnightMs
    const now = (): number => (this.#lookingBack ? 0 : this.beganAtMs + this.time.nowMs)
    const clock = { now, monotonic: () => this.time.nowMs }
    this.#storage = openMemoryStorage({ clock })
    this.ledger = this.#storage.ledger
    this.#budgets = new ScenarioBudgets(scenario)
    this.#putLimits(100)
    const disks = [new SimulatedDisk(clock.now), new SimulatedDisk(clock.now)]
    const [first, second] = disks as [SimulatedDisk, SimulatedDisk]
    const one = new SimulatedMachine('m1', first)
    const other = new SimulatedMachine('m2', scenario.place === 'one directory' ? first : second)
    this.machines = scenario.place === 'one machine' ? [one, one] : [one, other]
    for (let slot = 0; slot < SLOTS; slot += 1) this.start(slot)
    for (const [index, call] of scenario.calls.entries()) this.#schedule(call, `c${index}`)
    for (const fault of scenario.faults) this.time.after(fault.atMs, () => this.#strike(fault), null)
  }

  /** Starts a process in a slot. */
  start(slot: number): GatewayProcess {
    const machine = this.machines[slot] ?? this.machines[0]
    if (!machine) throw new RangeError('no machine')
    const number = this.#all.length
    const process: GatewayProcess = new GatewayProcess({
      name: `p${number}`,
      time: this.time,
      machine,
      budgets: this.#budgets.source,
      beganAtMs: this.beganAtMs,
      storeFor: (owner) => this.#linkOf(owner, number),
    })
    this.serving[slot] = process
    this.#all.push(process)
    return process
  }

  /** From now on nothing fails. */
  calmDown(): void {
    this.#calm = true
    this.#downUntilMs = 0
    for (const process of this.#all) {
      process.stoppedUntilMs = Math.min(process.stoppedUntilMs, this.time.nowMs)
      process.cutUntilMs = 0
    }
    for (const { disk } of this.machines) disk.full = false
  }

  /** All rows of the ledger. */
  async rows(): Promise<readonly UsageRow[]> {
    return (await this.#storage.reader.events({ limit: 1_000 })).rows
  }

  /** All corrections of the ledger. */
  async adjustments(): Promise<readonly LedgerAdjustment[]> {
    return (await this.#storage.reader.adjustments({ limit: 1_000 })).rows
  }

  /** All windows there have ever been: seen from 1970, none has ended. */
  states(): Promise<readonly BudgetState[]> {
    this.#lookingBack = true
    try {
      return this.ledger.budgets()
    } finally {
      this.#lookingBack = false
    }
  }

  /** The stage for calls. */
  get stage(): Stage {
    return {
      time: this.time,
      witness: this.witness,
      trace: this.#trace,
      windowsOf: (call, fromMs, toMs) => {
        // Instances know the database's time to half a journey of a message, and those journeys add up.
        const unsureMs = 2 * this.#scenario.latencyMs + 10
        return this.#budgets.windowsOf(call, this.beganAtMs + fromMs - unsureMs, this.beganAtMs + toMs + unsureMs)
      },
      returnMs: 2 * this.#scenario.latencyMs + 10,
      watchShortage: (call, needs, runs) => this.#watchShortage(call, needs, runs),
    }
  }

  #schedule(call: Call, id: string): void {
    const arrive = (): void => {
      const process = this.serving[call.instance]
      if (process && !process.dead) this.time.after(0, () => void playCall(this.stage, process, call, id), process)
    }
    this.time.after(call.atMs, arrive, null)
  }

  #strike(fault: Fault): void {
    if (this.#calm) return
    this.#trace(() => JSON.stringify(fault))
    const untilMs = this.time.nowMs + ('forMs' in fault ? fault.forMs : 0)
    if (fault.kind === 'outage') this.#downUntilMs = Math.max(this.#downUntilMs, untilMs)
    else if (fault.kind === 'limits') this.#putLimits(fault.percent)
    else {
      const process = this.serving[fault.instance]
      if (process) this.#strikeProcess(fault, process, untilMs)
    }
  }

  #strikeProcess(fault: Extract<Fault, { instance: number }>, process: GatewayProcess, untilMs: number): void {
    if (process.dead) return
    switch (fault.kind) {
      case 'crash':
        this.#kill(process)
        this.#restart(fault)
        break
      case 'close':
        process.close()
        this.#whenDead(process, () => this.#restart(fault))
        break
      case 'stop':
        process.stoppedUntilMs = untilMs
        break
      case 'cut':
        process.cutUntilMs = untilMs
        break
      case 'clock':
        process.clockAheadMs += fault.byMs
        break
      case 'full disk':
        this.#fillDisk(fault.instance, fault.forMs)
        break
    }
  }

  #restart({ instance, restartAfterMs }: Extract<Fault, { restartAfterMs: number }>): void {
    const start = (): void => {
      if (this.serving[instance]?.dead && !this.#calm) this.start(instance)
    }
    this.time.after(restartAfterMs, start, null)
  }

  #fillDisk(slot: number, forMs: number): void {
    const disk = this.machines[slot]?.disk
    if (!disk) return
    disk.full = true
    const free = (): void => {
      disk.full = false
    }
    this.time.after(forMs, free, null)
  }

  #kill(process: GatewayProcess): void {
    process.dead = true
    this.#died(process)
  }

  #died(process: GatewayProcess): void {
    const fullDisk = this.#scenario.faults.some(({ kind }) => kind === 'full disk')
    this.witness.died(process, fullDisk)
  }

  /** Calls that a closing process leaves unfinished are orphans when it ends. */
  #whenDead(process: GatewayProcess, then: () => void): void {
    const look = (): void => {
      if (process.dead) {
        this.#died(process)
        then()
      } else this.time.after(10, look, null)
    }
    look()
  }

  #putLimits(percent: number): void {
    for (const [key, limit] of this.#budgets.setLimits(percent)) this.witness.limit(key, limit)
  }

  #linkOf(owner: GatewayProcess, number: number): Ledger {
    return overLink({
      time: this.time,
      ledger: this.ledger,
      owner,
      seeds: [this.#scenario.seed, number],
      latencyMs: this.#scenario.latencyMs,
      lossPermille: () => (this.#calm ? 0 : this.#scenario.lossPermille),
      isCut: () => owner.cutUntilMs > this.time.nowMs,
      isDown: () => this.#downUntilMs > this.time.nowMs,
      trace: (line) => this.#trace(() => `${owner.name} ${line()}`),
      worked: (name, args, answer) => void this.#worked(name, args, answer),
    })
  }

  /** The database has done something: the witness takes note, and looks at the books. */
  async #worked(name: string, args: readonly unknown[], answer: unknown): Promise<void> {
    const buried = name === 'buryInstance' && answer === true
    if (name === 'settle' || buried) {
      const rows = (args[1] as readonly Settlement[]).flatMap(({ usage }) => usage)
      const presumed = new Set(rows.filter((row) => row.status === 'presumed_spent').map(({ id }) => this.#callOf(id)))
      this.witness.presumed(presumed)
      for (const { id } of rows) this.#posted(id)
    }
    if (buried) this.witness.orphan(({ heldBy }) => heldBy === args[0])
    this.#states = await this.states()
    this.witness.inspect(this.#states)
    this.#lookForShortage()
  }

  #posted(attemptId: string): void {
    const call = this.#callOf(attemptId)
    if (call) call.posted = true
  }

  #callOf(attemptId: string): TakenCall | undefined {
    return this.witness.attempts.get(attemptId)?.call ?? this.witness.calls.get(attemptId.split('_')[0] ?? '')
  }

  #watchShortage(call: Call, needs: Amounts, runs: boolean): () => boolean {
    if (!this.#fair) return () => true
    const watched = { call, needs, runs, short: false }
    this.#watched.add(watched)
    this.#lookForShortage()
    return () => {
      this.#lookForShortage()
      this.#watched.delete(watched)
      return watched.short
    }
  }

  #lookForShortage(): void {
    if (this.#watched.size === 0) return
    const nowMs = this.time.nowMs
    const watched = [...this.#watched].map((one) => ({ one, windows: this.stage.windowsOf(one.call, nowMs, nowMs) }))
    for (const [index, { one, windows }] of watched.entries()) {
      if (one.short) continue
      for (const [key, ids] of windows) {
        const limit = this.witness.limitOf(key)
        const state = this.#states.find((known) => known.key === key && ids.includes(known.windowId))
        let rest = limit - (state?.posted ?? 0n) - this.witness.mostHeld(key, ids[0] ?? '', nowMs)
        // Who has waited for longer goes first, and who runs goes before those who want to begin. Of two on different instances either may.
        for (const [at, { one: other, windows: theirs }] of watched.entries()) {
          if (other === one) continue
          const ordered = at < index ? other.runs || !one.runs : other.runs && !one.runs
          const first = ordered || other.call.instance !== one.call.instance
          if (first && theirs.has(key)) rest -= other.needs[unitOf(key)]
        }
        if (limit === 0n || rest < one.needs[unitOf(key)]) one.short = true
      }
    }
  }
}
