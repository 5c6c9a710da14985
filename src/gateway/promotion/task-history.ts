/*
 * What the versions of the policy say of a task: since when its answers count, whether its default was promoted, and what must not be promoted again. Nothing of this is
 * kept anywhere else, so it cannot disagree with the policy.
 */
import { isObject, type JsonObject, type JsonValue } from '../../lib/json.ts'
import type { PolicyStore, PolicyVersion } from '../../storage/contracts/policy-store.ts'
import { hashOf } from '../policy-versions/section-changes.ts'
import { modelNamesOf } from './task-change.ts'

/** Who publishes what is changed by itself. */
export const PROMOTION_ACTOR = 'headgate (automatic promotion)'

/** Why a model is not promoted before somebody changes the task. */
export interface Stop {
  readonly why: 'failed' | 'taken_back'
  readonly version: number
  readonly actor: string
}

/** How a task stands in its policy. */
export interface TaskStanding {
  /** The last change of the task by a person: what happened before says nothing of the task as it is. */
  readonly since: number
  readonly sinceVersion: number
  /** The last change of the task by anybody. */
  readonly changedAt: number
  readonly changedVersion: number
  /** Whether that was a change by itself; null where there was none since the last one by a person. */
  readonly movedAt: number | null
  /** By model. */
  readonly stopped: ReadonlyMap<string, Stop>
}

/** What of a task and the models that it names is compared. */
interface Traits {
  readonly hash: string
  readonly default: JsonValue | undefined
  readonly insteadOf: JsonValue | undefined
}

interface Noted {
  readonly number: number
  readonly createdAt: number
  readonly actor: string
  /** Of the tasks that promote. */
  readonly tasks: ReadonlyMap<string, Traits>
}

/** Reads the history of tasks. Versions never change, so each is read once. */
export class TaskHistory {
  readonly #store: Pick<PolicyStore, 'get'>
  readonly #noted = new Map<number, Noted>()

  constructor(store: Pick<PolicyStore, 'get'>) {
    this.#store = store
  }

  /** How a task stands in a version; null when it promotes nothing there. Rejects with GatewayError `ledger_unavailable`. */
  async standingOf(task: string, newest: PolicyVersion): Promise<TaskStanding | null> {
    let version = this.#note(newest)
    let own = version.tasks.get(task)
    if (!own) return null
    const stopped = new Map<string, Stop>()
    let changed: Noted | null = null
    let movedAt: number | null = null
    for (;;) {
      const before = await this.#read(version.number - 1)
      const was = before?.tasks.get(task)
      if (before && was?.hash === own.hash) {
        version = before
        continue
      }
      changed ??= version
      const isMove = version.actor === PROMOTION_ACTOR
      const left = was !== undefined && was.insteadOf !== undefined && own.default !== was.default ? was.default : null
      if (typeof left === 'string' && !stopped.has(left)) {
        stopped.set(left, {
          why: isMove ? 'failed' : 'taken_back',
          version: version.number,
          actor: version.actor,
        })
      }
      if (!isMove || !before || !was) {
        const { createdAt: changedAt, number: changedVersion } = changed
        const { createdAt: since, number: sinceVersion } = version
        return { since, sinceVersion, changedAt, changedVersion, movedAt, stopped }
      }
      movedAt ??= version.createdAt
      version = before
      own = was
    }
  }

  async #read(number: number): Promise<Noted | null> {
    const known = this.#noted.get(number)
    if (known) return known
    const version = number > 0 ? await this.#store.get(number) : null
    return version && this.#note(version)
  }

  #note({ number, createdAt, actor, sections }: PolicyVersion): Noted {
    const known = this.#noted.get(number)
    if (known) return known
    const noted = { number, createdAt, actor, tasks: traitsOf(sections) }
    this.#noted.set(number, noted)
    return noted
  }
}

function traitsOf({ tasks, models }: JsonObject): ReadonlyMap<string, Traits> {
  const found = new Map<string, Traits>()
  for (const [name, task] of Object.entries(isObject(tasks) ? tasks : {})) {
    if (!isObject(task) || !isObject(task.promote)) continue
    const used = modelNamesOf(task).map((model) => [model, isObject(models) ? (models[model] ?? null) : null] as const)
    const hash = hashOf({ task, models: Object.fromEntries(used) })
    found.set(name, { hash, default: task.default, insteadOf: task.promote.instead_of })
  }
  return found
}
