import { type Cases, casesOf, casesOfOther, together } from '../../reports/quality/cases.ts'
import { failsWatch, judgeTrial, type TrialVerdict, watchSpans } from '../../reports/quality/trial.ts'
import { servingSteps, stepsOf, whySwitchedOff } from './eligible.ts'
import { barText, detailsOf, figures } from './outlook-words.ts'
import {
  casesByDeployment,
  evidenceOf,
  isJudgedByModel,
  type Move,
  type Outlook,
  type OutlookGround,
  type PromotingTask,
  postOf,
  type SeenDeployment,
  trialBar,
  weakestOf,
} from './task-evidence.ts'
import type { TaskStanding } from './task-history.ts'

/** How the promoted default of a task does, and whether the model before is to take its place again. Rejects with GatewayError `ledger_unavailable`. */
export async function ofPromoted(
  task: PromotingTask,
  former: string,
  standing: TaskStanding,
  ground: OutlookGround,
): Promise<Outlook> {
  const bar = trialBar(task)
  const post = postOf(task, ground)
  const spans = watchSpans(standing.changedAt, ground.now)
  const seen: SeenDeployment[] = []
  let failed: TrialVerdict | null = null
  const views = viewsOfPromoted(task, former, ground)
  for (const span of spans.toSorted((one, other) => one.from - other.from)) {
    const found = await views(span.from)
    // Each has its part of the chance to be called bad wrongly.
    const part = span.part / found.length
    for (const { deployment, counted } of found) {
      const verdict = judgeTrial(counted, bar, 1)
      if (!seen.some((one) => one.deployment === deployment)) {
        seen.push({ model: task.default, deployment, seen: verdict })
      }
      if (failsWatch(counted, bar, { ...span, part })) failed ??= verdict
    }
  }
  const weakest = failed ?? weakestOf(seen)
  const found = weakest ? figures(weakest, task.qualityBar) : 'nothing seen'
  if (!failed) {
    const since = `${task.default} was promoted instead of ${former} (version ${standing.changedVersion})`
    return { move: null, note: `${since}; since then ${found}.`, seen }
  }
  const below = `${task.default} is below the bar (${barText(task.qualityBar)}): ${found}`
  const switched = whySwitchedOff(stepsOf(ground.policy, former), post)
  if (switched !== null) return { move: null, note: `${below}. ${former} does not take its place: ${switched}.`, seen }
  const reason = `${former} again instead of ${task.default}: ${below}`
  const move: Move = { kind: 'send_back', from: task.default, to: former, reason, details: detailsOf(failed) }
  return { move, note: `${below}.`, seen }
}

/**
 * What was seen of a promoted model since a moment, by deployment. Under `judge` the copies of its calls go to the model before, and what became of them tells how good
 * the promoted one is, of all its deployments together. Of answers that were not what was asked for and were replaced by another's there are no copies to compare: they
 * are looked at beside it.
 */
function viewsOfPromoted(task: PromotingTask, former: string, ground: OutlookGround) {
  const { metric } = task.qualityBar
  const byModel = isJudgedByModel(task)
  const own = servingSteps(stepsOf(ground.policy, task.default))
  const others = stepsOf(ground.policy, former)
  return async (from: number): Promise<readonly { readonly deployment: string; readonly counted: Cases }[]> => {
    const evidence = await evidenceOf(task, own, from, ground)
    if (metric !== 'judge') return casesByDeployment(own, evidence, (one) => casesOf(metric, one, byModel))
    const copies = await evidenceOf(task, others, from, ground)
    const counted = together(copies.map((one) => casesOfOther(one, byModel)))
    return [
      ...own.slice(0, 1).map(({ deployment }) => ({ deployment: deployment.id, counted })),
      ...casesByDeployment(own, evidence, ({ answers, invalid }) => ({ n: answers, good: answers - invalid })),
    ]
  }
}
