import type { CallContext, Principal } from '../access/context.ts'
import type { JsonObject } from '../lib/json.ts'

/** What a job is made of, as known once it is decided how the call is to be run. */
export interface JobFacts {
  readonly traceId: string
  readonly context: CallContext
  readonly keyId: string | null
  /** The task that it is run as. */
  readonly task: string | null
  readonly requestedModel: string
  readonly dialect: string
  /** Whether the answer was asked for as a stream. */
  readonly stream: boolean
  /** Whether it may be run again when it is not known how far it came. */
  readonly repeatable: boolean
  /** What is left of the time that its task allows, in ms; null is no limit. */
  readonly taskLeftMs: number | null
  /** The call as it can be made again. */
  readonly stored: () => { readonly call: JsonObject; readonly body: Buffer }
}

/** How long a call waits for room, in ms. */
export interface ExpectedWait {
  /** It may wait for so long. */
  readonly mostMs: number
  /** When there will be room, where that is known; null where it is not. */
  readonly roomInMs: number | null
}

/** The side of a call that is, or may become, a job. */
export interface CallJob {
  /** Who asks, of a job that is run by another process than the one that took it in; null: the call shows its key. */
  readonly principal: Principal | null
  /** Whether its requests and tokens were counted before, by a process that is gone. */
  readonly isCounted: boolean
  /** Whether it waits for room until its deadline, whatever its task says: it was accepted once. */
  readonly waitsForRoom: boolean
  /** Whether it is kept: nobody waits at a connection for it. */
  readonly isDetached: boolean
  /** Whether it may wait for longer than its task allows, because it is a job by then. */
  readonly isPatient: boolean
  /** How long until its deadline, in ms. */
  readonly leftMs: number
  /** To be called before the call waits for room. Resolves when it may; rejects when it cannot be kept. */
  waits(facts: JobFacts, wait: ExpectedWait): Promise<void>
  /** To be called when everything is there to run it. Resolves when its turn has come; rejects when it was ended before. */
  turn(facts: JobFacts): Promise<void>
}
