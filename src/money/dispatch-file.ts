import { GatewayError } from '../errors/gateway-error.ts'
import type { BudgetWindow, UsageRow } from '../storage/contracts/ledger-store.ts'
import type { AppendFile } from './append-file.ts'
import type { DispatchDirectory } from './dispatch-directory.ts'
import {
  attemptLine,
  type DispatchOwner,
  type KeptSettlement,
  keptLine,
  ownerLine,
  takenBackLine,
} from './dispatch-line.ts'

/*
 * The dispatch file: what this instance has sent to providers and not yet settled, so that a successor can book it if this process dies.
 *
 * One line for each attempt, written before its bytes leave and without fsync: it survives kill -9, and a machine that loses power takes
 * its unanswered calls with it. Lines are never changed. The file is a chain of segments; one is deleted when everything in it is settled. A crash between
 * a settlement and the deletion does no harm: the rows exist by then, and booking them again changes nothing.
 *
 * There is a segment from before the first money is borrowed until the end: by its first line others of this machine see that its owner died.
 */

const SEGMENT_BYTES = 4 * 1024 * 1024
/** A segment in which nothing is open is not kept for longer than this many bytes. */
const SMALL_BYTES = 64 * 1024

/** An attempt that was noted. */
export interface DispatchNote {
  /** The attempt is in the ledger, or (`takenBack`) needs no row there. To be called once. */
  done(takenBack: boolean): void
}

/** A settlement that waits in the file for the ledger. */
export interface KeptNote {
  /** Resolves when it is on the disk; rejects when it cannot be. */
  readonly safe: Promise<void>
  /** The ledger has it. To be called once. */
  done(): void
}

/** Notes attempts before their bytes leave. */
export interface DispatchLog {
  /** Leaves the sign of its owner, to be called before anything is owned. What cannot be written now is written later. */
  announce(): void
  /** Notes an attempt, the `first` (default) of its exchange or another. Throws GatewayError `ledger_unavailable` when it cannot be written down. */
  note(row: UsageRow, windows: readonly BudgetWindow[], first?: boolean): DispatchNote
  /** Keeps a settlement until the ledger is back. Throws when it cannot be written down. */
  keep(kept: KeptSettlement): KeptNote
  /** How many noted attempts and kept settlements are not done. */
  readonly open: number
  /** Says that the owner is alive. */
  touch(): void
  /** Further notes belong to this id. */
  rename(instanceId: string): void
  /** Takes no more notes. What is not done stays for a successor. */
  close(): void
}

interface Segment {
  readonly file: AppendFile
  open: number
  full: boolean
}

/** The dispatch file in a directory. */
export class DispatchFile implements DispatchLog {
  readonly #directory: Pick<DispatchDirectory, 'create'>
  readonly #segments = new Set<Segment>()
  #owner: DispatchOwner
  #current: Segment | null = null
  #number = 0
  #closed = false

  constructor(directory: Pick<DispatchDirectory, 'create'>, owner: DispatchOwner) {
    this.#directory = directory
    this.#owner = owner
  }

  announce(): void {
    if (this.#current || this.#closed) return
    try {
      this.#start()
    } catch {
      // Without it a death is noticed when the lease is over.
    }
  }

  get open(): number {
    let open = 0
    for (const segment of this.#segments) open += segment.open
    return open
  }

  note(row: UsageRow, windows: readonly BudgetWindow[], first = true): DispatchNote {
    // Who reads the files of a gateway that is gone may have done so already.
    if (this.#closed)
      throw new GatewayError('ledger_unavailable', 'The gateway is shutting down and sends nothing more.')
    const segment = this.#write(attemptLine(row, windows, first))
    return {
      done: (takenBack) => {
        if (takenBack) takeBack(segment, row.id)
        this.#done(segment)
      },
    }
  }

  keep(kept: KeptSettlement): KeptNote {
    const segment = this.#append(keptLine(kept))
    return { safe: segment.file.sync(), done: () => this.#done(segment) }
  }

  touch(): void {
    this.announce()
    for (const segment of this.#segments) segment.file.touch()
  }

  rename(instanceId: string): void {
    this.#owner = { ...this.#owner, instanceId }
    this.#number = 0
    if (this.#current) this.#fill(this.#current)
    this.announce()
  }

  close(): void {
    this.#closed = true
    for (const segment of [...this.#segments]) {
      if (segment.open === 0) this.#drop(segment)
      else segment.file.close()
    }
  }

  #append(line: string): Segment {
    const segment = this.#current ?? this.#start()
    segment.file.append(line)
    segment.open += 1
    if (segment.file.size >= SEGMENT_BYTES) this.#fill(segment)
    return segment
  }

  #done(segment: Segment): void {
    segment.open -= 1
    if (segment.open === 0 && (segment.full || segment.file.size > SMALL_BYTES)) this.#replace(segment)
  }

  #write(line: string): Segment {
    try {
      return this.#append(line)
    } catch (error) {
      throw new GatewayError(
        'ledger_unavailable',
        'The call could not be noted before it is sent (the data directory takes no writes); free some disk space.',
        { cause: error },
      )
    }
  }

  #start(): Segment {
    this.#number += 1
    const name = `${encodeURIComponent(this.#owner.instanceId)}.${this.#number}.jsonl`
    const file = this.#directory.create(name)
    try {
      file.append(ownerLine(this.#owner))
    } catch (error) {
      file.remove()
      throw error
    }
    const segment = { file, open: 0, full: false }
    this.#segments.add(segment)
    this.#current = segment
    return segment
  }

  #fill(segment: Segment): void {
    segment.full = true
    if (this.#current === segment) this.#current = null
    if (segment.open === 0) this.#replace(segment)
  }

  #replace(segment: Segment): void {
    if (this.#current === segment) this.#current = null
    this.announce()
    this.#drop(segment)
  }

  #drop(segment: Segment): void {
    if (this.#current === segment) this.#current = null
    this.#segments.delete(segment)
    segment.file.remove()
  }
}

/** When this line cannot be written, the attempt will at worst be presumed to have cost money. */
function takeBack(segment: Segment, attemptId: string): void {
  try {
    segment.file.append(takenBackLine(attemptId))
  } catch {
    // See above.
  }
}

/** For storage that does not outlive the process: nobody could recover anything. */
export function noDispatchLog(): DispatchLog {
  const note: DispatchNote = { done: () => undefined }
  const keep = (): KeptNote => {
    throw new Error('there is no file to keep settlements in')
  }
  return {
    announce: () => undefined,
    note: () => note,
    keep,
    open: 0,
    touch: () => undefined,
    rename: () => undefined,
    close: () => undefined,
  }
}
