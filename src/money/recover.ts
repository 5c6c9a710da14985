import type { LedgerStore, Settlement } from '../storage/contracts/ledger-store.ts'
import type { DispatchDirectory } from './dispatch-directory.ts'
import { type DispatchOwner, type KeptSettlement, readLine, readOwnerLine } from './dispatch-line.ts'
import type { FileWatch } from './file-watch.ts'
import type { Host } from './host.ts'
import type { MoneyLog } from './money-log.ts'

/*
 * Books what dead instances left behind: each attempt that they had sent and not settled is presumed spent at its bound, and the rest of their slices
 * goes back to the budgets.
 *
 * Who is dead? On this machine the process list says it, at once, and a living process is never taken for dead, however long it was silent. Of an instance
 * whose files come from another machine (or another pid namespace: a container that shares the data directory) only its lease in the ledger can tell, or
 * that its files are not touched any more. An instance without a file here that lost its lease left nothing that could be known, so only its slices go back.
 *
 * All of this may happen twice, or be done by several instances at once: rows that exist change nothing.
 */

/** What recovery works on. */
export interface RecoveryOptions {
  readonly store: Pick<LedgerStore, 'settle' | 'buryInstance' | 'deadInstances'>
  /** Where dispatch files are; null when there are none. */
  readonly directory: DispatchDirectory | null
  /** This instance: never dead. */
  readonly instanceId: string
  readonly host: Host
  /** Silence after which an instance has lost its lease, in ms. */
  readonly leaseMs: number
  /** Whether a lease that is over says that its owner is dead; not after an outage of the ledger, when nobody could renew one. Default true. */
  readonly leasesTell?: boolean
  /** The same one each time: it knows since when files are silent. */
  readonly watch: FileWatch
  readonly log: MoneyLog
}

/** What was found dead and booked. */
export interface Recovery {
  readonly instances: number
  readonly attempts: number
}

/** The files of one instance. */
interface Left {
  readonly owner: DispatchOwner
  readonly names: string[]
  /** For how long none of them was touched. */
  silentMs: number
}

/** What an instance sent and did not settle. */
interface Unsettled {
  /** Settlements that it could only keep in its files. */
  readonly kept: readonly Settlement[]
  /** Attempts that belong to none of them, as they are booked when nobody knows more. */
  readonly presumed: readonly Settlement[]
}

const NOTHING: Unsettled = { kept: [], presumed: [] }
const ROWS_AT_ONCE = 500

/** Books what all dead instances left. Rejects with GatewayError `ledger_unavailable` when the ledger cannot be reached; then try again. */
export async function recover(options: RecoveryOptions): Promise<Recovery> {
  const { store, directory, host, instanceId, leaseMs, log } = options
  const files = directory === null ? new Map<string, Left>() : await findFiles(directory, options)
  const leaseless = new Set(options.leasesTell === false ? [] : await store.deadInstances(leaseMs))
  leaseless.delete(instanceId)
  let instances = 0
  let attempts = 0
  for (const [id, left] of files) {
    const ours = left.owner.machine === host.machine
    // An earlier id of this very process: it settles its attempts itself, but slices of a lost lease go back.
    if (ours && left.owner.pid === host.self.pid && host.isAlive(left.owner)) continue
    const silent = leaseless.has(id) || left.silentMs >= 2 * leaseMs
    leaseless.delete(id)
    if (id === instanceId || (ours ? host.isAlive(left.owner) : !silent)) continue
    const found = directory === null ? NOTHING : await unsettled(directory, left.names)
    // A process that is seen to be dead is dead, however lately it was heard of.
    if (!(await bury(store, id, found, ours ? undefined : leaseMs))) continue
    for (const name of left.names) await directory?.remove(name)
    instances += 1
    attempts += found.kept.length + found.presumed.length
  }
  for (const id of leaseless) if (await bury(store, id, NOTHING, leaseMs)) instances += 1
  if (instances > 0) log.warn({ instances, attempts }, 'booked what dead instances left behind')
  return { instances, attempts }
}

/**
 * Books and buries; false when the instance was heard of meanwhile. What had to be presumed is booked in one step with the burial: booked before, it would
 * be paid by slices that an instance which lives after all still believes to have, all but what it knows to have spent. What was kept is what was spent,
 * and may come first. What was presumed is booked once more, for the case that somebody without these files was quicker to bury: rows that exist change nothing.
 */
async function bury(
  store: RecoveryOptions['store'],
  id: string,
  { kept, presumed }: Unsettled,
  silentMs: number | undefined,
): Promise<boolean> {
  await settleAll(store, id, kept)
  const buried = await store.buryInstance(id, presumed, silentMs)
  if (buried) await settleAll(store, id, presumed)
  return buried
}

async function settleAll(
  store: RecoveryOptions['store'],
  id: string,
  settlements: readonly Settlement[],
): Promise<void> {
  for (let from = 0; from < settlements.length; from += ROWS_AT_ONCE) {
    await store.settle(id, settlements.slice(from, from + ROWS_AT_ONCE))
  }
}

/**
 * What is in the files of an instance, without the attempts that were taken back. A stream is noted again whenever it may use more: its largest line counts, in
 * whichever file it is. Torn lines say nothing.
 */
async function unsettled(directory: DispatchDirectory, names: readonly string[]): Promise<Unsettled> {
  const attempts = new Map<string, Settlement>()
  const kept: KeptSettlement[] = []
  for (const name of names) {
    const text = await directory.read(name)
    for (const line of text.split('\n')) {
      const read = readLine(line)
      if (!read) continue
      if ('settlement' in read) kept.push(read)
      else if ('takenBack' in read) attempts.delete(read.takenBack)
      else keepLarger(attempts, read.attempt)
    }
  }
  for (const { attempts: ids } of kept) for (const id of ids) attempts.delete(id)
  return { kept: kept.map(({ settlement }) => settlement), presumed: [...attempts.values()] }
}

function keepLarger(attempts: Map<string, Settlement>, attempt: Settlement): void {
  const [row] = attempt.usage
  if (!row) return
  const known = attempts.get(row.id)?.usage[0]
  if (known && (known.cost > row.cost || known.outputTokens > row.outputTokens)) return
  attempts.set(row.id, attempt)
}

async function findFiles(
  directory: DispatchDirectory,
  { leaseMs, watch }: RecoveryOptions,
): Promise<ReadonlyMap<string, Left>> {
  const found = new Map<string, Left>()
  const files = await directory.list()
  const silence = watch.look(files)
  for (const { name, firstLine } of files) {
    const silentMs = silence.get(name) ?? 0
    const owner = readOwnerLine(firstLine)
    if (!owner) {
      // Its process died while making it: no attempt is in it.
      if (silentMs >= 2 * leaseMs) await directory.remove(name)
      continue
    }
    const known = found.get(owner.instanceId) ?? { owner, names: [], silentMs }
    known.names.push(name)
    known.silentMs = Math.min(known.silentMs, silentMs)
    found.set(owner.instanceId, known)
  }
  return found
}
