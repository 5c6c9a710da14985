/*
 * Promotion by itself: looks at the tasks that want it, on one instance at a time, and publishes what the evidence asks for as a new version of the policy, or tells operators.
 *
 * However many instances look, at most one change is made: a version is added only after the one that was looked at, which is decided by the ledger. At one look one task is
 * changed, and going back comes before anything else.
 */
import type { Switchboard } from '../../admission/kill-switchboard.ts'
import type { Alert } from '../../alerts/alert.ts'
import type { Config } from '../../config/schema.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Policy } from '../../policy/policy.ts'
import type { AlertStore } from '../../storage/contracts/alert-store.ts'
import type { LedgerReader } from '../../storage/contracts/ledger-reader.ts'
import type { PolicyStore, PolicyVersion } from '../../storage/contracts/policy-store.ts'
import type { Log } from '../log.ts'
import type { PolicyDesk } from '../policy-versions/policy-desk.ts'
import { outlookOf, promotingTask } from './outlook.ts'
import { promoted, sentBack, taskIn, withTask } from './task-change.ts'
import type { Move, Outlook, PromotingTask } from './task-evidence.ts'
import { PROMOTION_ACTOR, TaskHistory, type TaskStanding } from './task-history.ts'

/** What the desk works with. */
export interface PromotionDeskOptions {
  readonly store: Pick<PolicyStore, 'get'>
  readonly reader: Pick<LedgerReader, 'quality'>
  readonly turns: Pick<AlertStore, 'claim'>
  readonly policies: Pick<PolicyDesk, 'inForce' | 'revise'>
  readonly config: () => Config
  /** The policy of the configuration in force. */
  readonly policy: () => Policy
  readonly switches: Pick<Switchboard, 'board' | 'poll'>
  readonly raise: (alert: Alert) => void
  /** Told of each change that this instance made. */
  readonly moved: (task: string, kind: Move['kind']) => void
  readonly clock: Clock
  readonly log: Log
  /** How often all instances together look. Default one minute. */
  readonly lookMs?: number
}

const LOOK_MS = 60_000
/** The pause after a look, in times of what the look took: what waits for nobody must not keep the database busy. */
const PAUSE_TIMES = 20

/** A task that was looked at. */
interface LookedAt {
  readonly task: PromotingTask
  readonly standing: TaskStanding
  readonly outlook: Outlook
}

/** The promotions of a house. */
export class PromotionDesk {
  readonly #options: PromotionDeskOptions
  readonly #history: TaskHistory
  readonly #lookMs: number
  /** How long the last look of this instance took. */
  #tookMs = 0
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | null = null
  #isClosed = false

  constructor(options: PromotionDeskOptions) {
    this.#options = options
    this.#history = new TaskHistory(options.store)
    this.#lookMs = options.lookMs ?? LOOK_MS
  }

  /** Starts to look; the timer does not keep the process alive. */
  open(): void {
    this.#timer = setInterval(() => this.#tick(), this.#lookMs)
    this.#timer.unref()
  }

  /** How a task stands; null when it promotes nothing. Rejects with GatewayError `ledger_unavailable`. */
  async outlook(name: string): Promise<Outlook | null> {
    const task = promotingTask(this.#options.config().tasks.get(name))
    return task && ((await this.#lookAt(task))?.outlook ?? null)
  }

  /** Looks at all tasks now, and changes one at most. */
  async look(): Promise<void> {
    const { config, policies } = this.#options
    const version = policies.inForce
    const found: LookedAt[] = []
    for (const one of config().tasks.values()) {
      const task = promotingTask(one)
      const lookedAt = task && (await this.#lookAt(task))
      if (lookedAt?.outlook.move) found.push(lookedAt)
    }
    if (!version || policies.inForce !== version || this.#isClosed) return
    const wished = found.filter(({ task }) => task.promote.action === 'publish')
    const first = wished.find(({ outlook }) => outlook.move?.kind === 'send_back') ?? wished[0]
    for (const { task, standing, outlook } of found) {
      if (outlook.move && task.promote.action === 'propose') this.#propose(task, standing, outlook.move)
    }
    if (first?.outlook.move) await this.#publish(first.task, first.standing, first.outlook.move, version)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#looking
  }

  #tick(): void {
    const { config, turns, clock, log } = this.#options
    if (this.#looking || ![...config().tasks.values()].some(({ promote }) => promote !== null)) return
    const turn = async (): Promise<void> => {
      // A little less, so that a whole turn is not lost to a tick that came a moment early.
      const everyMs = Math.max(this.#lookMs * 0.9, this.#tookMs * PAUSE_TIMES)
      if (!(await turns.claim('promotion', everyMs))) return
      const from = clock.monotonic()
      try {
        await this.look()
      } finally {
        this.#tookMs = clock.monotonic() - from
      }
    }
    this.#looking = turn()
      .catch((error: unknown) => log.warn({ err: error }, 'could not look for models to promote'))
      .finally(() => {
        this.#looking = null
      })
  }

  async #lookAt(task: PromotingTask): Promise<LookedAt | null> {
    const { policies, policy, reader, switches, clock } = this.#options
    const version = policies.inForce
    const standing = version && (await this.#history.standingOf(task.name, version))
    if (!standing) return null
    // What was switched off elsewhere a moment ago must be known.
    await switches.poll()
    const now = clock.now()
    const on = switches.board().switches.filter(({ endsAt }) => endsAt === null || endsAt > now)
    const outlook = await outlookOf(task, standing, { reader, policy: policy(), switches: on, now })
    return { task, standing, outlook }
  }

  #propose(task: PromotingTask, standing: TaskStanding, { kind, from, to, reason, details }: Move): void {
    this.#options.raise({
      key: `promotion/${task.name}/${standing.changedVersion}/${kind}/${to}`,
      kind: 'promotion',
      scope: { task: task.name },
      message: `task ${task.name} could change: tasks.${task.name}.default: ${reason}.`,
      details: { ...details, proposed: true, from, to },
      quietMs: null,
    })
  }

  async #publish(task: PromotingTask, standing: TaskStanding, move: Move, version: PolicyVersion): Promise<void> {
    const { policies, raise, moved, log } = this.#options
    const written = taskIn(version.sections, task.name)
    if (!written) return
    const next =
      move.kind === 'promote'
        ? promoted(written, move.to, task.qualityBar.metric)
        : sentBack(written, await this.#beforePromotion(task.name, standing))
    const author = { actor: PROMOTION_ACTOR, reason: `${task.name}: ${move.reason}` }
    const made = await policies.revise(withTask(version.sections, task.name, next), author, version.number)
    if (!made) {
      log.info({ task: task.name }, 'another version of the policy came in between; looking again later')
      return
    }
    moved(task.name, move.kind)
    raise({
      key: `promotion/${task.name}/${made.number}`,
      kind: 'promotion',
      scope: { task: task.name },
      message: `task ${task.name} was changed by itself (version ${made.number}): ${move.reason}.`,
      details: { ...move.details, proposed: false, from: move.from, to: move.to, version: made.number },
      quietMs: null,
    })
  }

  /** The task as it was before its default was promoted; null when somebody changed it since. */
  async #beforePromotion(name: string, { changedVersion, movedAt, changedAt }: TaskStanding) {
    if (movedAt !== changedAt) return null
    const before = await this.#options.store.get(changedVersion - 1)
    return before && taskIn(before.sections, name)
  }
}
