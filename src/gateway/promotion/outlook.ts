/*
 * What should become of the default of a task, by what was seen of its models, and why. Changes nothing: the report shows it, and the desk acts on it.
 */
import type { TaskConfig } from '../../config/sections/tasks.ts'
import type { Outlook, OutlookGround, PromotingTask } from './task-evidence.ts'
import type { TaskStanding } from './task-history.ts'
import { ofTrials } from './trials.ts'
import { ofPromoted } from './watch.ts'

/** A task, if it promotes; else null. */
export function promotingTask(task: TaskConfig | undefined): PromotingTask | null {
  if (!task?.promote || !task.qualityBar) return null
  const { name, canary, shadow, qualityBar, promote } = task
  return { name, default: task.default, canary, shadow, qualityBar, promote }
}

/** Looks at a task. Rejects with GatewayError `ledger_unavailable`. */
export function outlookOf(task: PromotingTask, standing: TaskStanding, ground: OutlookGround): Promise<Outlook> {
  return task.promote.insteadOf === null
    ? ofTrials(task, standing, ground)
    : ofPromoted(task, task.promote.insteadOf, standing, ground)
}
