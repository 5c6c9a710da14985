import { isoTime } from '../../lib/iso-time.ts'
import type { Step } from '../../policy/policy.ts'
import { type Cases, casesOf, costOf } from '../../reports/quality/cases.ts'
import { judgeTrial, type TrialVerdict } from '../../reports/quality/trial.ts'
import type { QualityEvidence } from '../../storage/contracts/quality-evidence.ts'
import { servingSteps, stepsOf, whyNotPromoted } from './eligible.ts'
import { barText, detailsOf, figures, usdText } from './outlook-words.ts'
import {
  casesByDeployment,
  evidenceOf,
  idsOf,
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
import type { Stop, TaskStanding } from './task-history.ts'

/** A model that is tried, as far as it was looked at. */
interface Tried {
  readonly model: string
  /** Of the deployment of which least is known to be good; null when it has none. */
  readonly weakest: TrialVerdict | null
  /** Of its dearest deployment. */
  readonly costUsd: number | null
  /** Why it is not promoted now; null when nothing is in the way. */
  readonly hindrance: string | null
}

/** How the models that are tried at a task do, and which of them is to become its default. Rejects with GatewayError `ledger_unavailable`. */
export async function ofTrials(task: PromotingTask, standing: TaskStanding, ground: OutlookGround): Promise<Outlook> {
  const names = candidatesOf(task)
  // Those that were tried before had their part of the chance to be called good wrongly.
  const allTried = new Set([...names, ...standing.stopped.keys()]).size
  const from = stepsOf(ground.policy, task.default)
  const usualCost = costOf(await evidenceOf(task, servingSteps(from), standing.since, ground))
  const seen: SeenDeployment[] = []
  const tried: Tried[] = []
  for (const model of names) {
    const steps = stepsOf(ground.policy, model)
    const serving = servingSteps(steps)
    const evidence = await evidenceOf(task, serving, standing.since, ground)
    const byModel = isJudgedByModel(task)
    const casesIn = (one: QualityEvidence): Cases => casesOf(task.qualityBar.metric, one, byModel)
    const own = casesByDeployment(serving, evidence, casesIn).map(({ deployment, counted }) => {
      return { model, deployment, seen: judgeTrial(counted, trialBar(task), allTried) }
    })
    seen.push(...own)
    const weakest = weakestOf(own)
    const costUsd = dearestOf(serving, evidence)
    const stop = standing.stopped.get(model)
    const hindrance =
      (stop ? stopText(stop) : whyNotPromoted(from, steps, postOf(task, ground))) ??
      (weakest?.verdict === 'meets'
        ? whyNotNow(task, standing, [costUsd, usualCost], ground.now)
        : unsure(weakest, task))
    tried.push({ model, weakest, costUsd, hindrance })
  }
  const ready = tried.filter(({ hindrance }) => hindrance === null)
  const [best] = ready.toSorted((one, other) => (one.costUsd ?? 0) - (other.costUsd ?? 0))
  const gone = [...standing.stopped].filter(([model]) => !names.includes(model))
  const notes = [
    ...tried.map((one) => noteOf(one, task, one === best)),
    ...gone.map(([model, stop]) => `${model}: ${stopText(stop)}.`),
  ]
  const note = notes.length > 0 ? notes.join(' ') : 'No model is tried (canary, shadow).'
  return { move: best?.weakest ? promotionOf(best, best.weakest, task, standing, usualCost) : null, note, seen }
}

function candidatesOf({ default: usual, canary, shadow }: PromotingTask): readonly string[] {
  const names = [canary?.use, shadow?.use].filter((name) => name !== undefined && name !== usual)
  return [...new Set(names as string[])]
}

function promotionOf(
  { model, costUsd }: Tried,
  seen: TrialVerdict,
  task: PromotingTask,
  { sinceVersion }: TaskStanding,
  usualCost: number | null,
): Move {
  const { default: from, qualityBar } = task
  const cost = `${usdText(costUsd)} USD an answer instead of ${usdText(usualCost)}`
  const reason = `${model} instead of ${from}: it meets the bar (${barText(qualityBar)}) by ${figures(seen, qualityBar)} since version ${sinceVersion}; ${cost}`
  const costs = { cost_usd_per_answer: costUsd, usual_cost_usd_per_answer: usualCost, since_version: sinceVersion }
  return { kind: 'promote', from, to: model, reason, details: { ...detailsOf(seen), ...costs } }
}

function whyNotNow(
  { promote }: PromotingTask,
  { movedAt }: TaskStanding,
  [costUsd, usualCost]: readonly [number | null, number | null],
  now: number,
): string | null {
  if (costUsd === null || usualCost === null || costUsd >= usualCost) {
    return `it meets the bar and is not cheaper: ${usdText(costUsd)} USD an answer, the default ${usdText(usualCost)}`
  }
  const until = (movedAt ?? Number.NEGATIVE_INFINITY) + promote.coolDownMs
  return now < until ? `it meets the bar, and the cool-down lasts until ${isoTime(until)}` : null
}

function unsure(weakest: TrialVerdict | null, { qualityBar }: PromotingTask): string {
  const { n, moreCases } = weakest ?? { n: 0, moreCases: null }
  const unshown = `it is not shown to meet the bar (${barText(qualityBar)})`
  if (n === 0) return unshown
  return `${unshown}; ${moreCases === null ? 'as it seems, nothing would show it' : `about ${moreCases} more cases would show it`}`
}

function stopText({ why, version, actor }: Stop): string {
  const what =
    why === 'failed' ? `it was sent back in version ${version}` : `${actor} took it back in version ${version}`
  return `${what}, and is not promoted again before somebody changes the task`
}

function noteOf({ model, weakest, hindrance }: Tried, { promote, qualityBar }: PromotingTask, isBest: boolean): string {
  const found = weakest ? figures(weakest, qualityBar) : 'nothing seen'
  if (hindrance !== null) return `${model}: ${found}; ${hindrance}.`
  if (!isBest) return `${model}: ${found}; it meets the bar, and another is cheaper.`
  return `${model} ${promote.action === 'publish' ? 'is to be promoted' : 'would be promoted'}: ${found}.`
}

/** USD an answer; null when it is not known of one of them. */
function dearestOf(steps: readonly Step[], evidence: readonly QualityEvidence[]): number | null {
  const costs = idsOf(steps).map((id) => costOf(evidence.filter(({ deployment }) => deployment === id)))
  return costs.reduce((most, cost) => (most === null || cost === null ? null : Math.max(most, cost)), costs[0] ?? null)
}
