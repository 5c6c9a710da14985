import type { QualityBarConfig } from '../../config/sections/quality-bar.ts'
import type { TaskConfig } from '../../config/sections/tasks.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Policy, Step } from '../../policy/policy.ts'
import { barOf, type Cases } from '../../reports/quality/cases.ts'
import type { TrialBar, TrialVerdict } from '../../reports/quality/trial.ts'
import type { LedgerReader } from '../../storage/contracts/ledger-reader.ts'
import type { QualityEvidence } from '../../storage/contracts/quality-evidence.ts'
import type { Post } from './eligible.ts'

/** A change that the evidence asks for. */
export interface Move {
  readonly kind: 'promote' | 'send_back'
  readonly from: string
  readonly to: string
  /** In words, with the figures. */
  readonly reason: string
  readonly details: JsonObject
}

/** What was seen of a deployment of a model that is tried or watched. */
export interface SeenDeployment {
  readonly model: string
  readonly deployment: string
  readonly seen: TrialVerdict
}

/** How a task stands. */
export interface Outlook {
  readonly move: Move | null
  /** In words, for people. */
  readonly note: string
  readonly seen: readonly SeenDeployment[]
}

/** What an outlook is made from. */
export interface OutlookGround {
  readonly reader: Pick<LedgerReader, 'quality'>
  readonly policy: Policy
  readonly switches: Post['switches']
  /** ms since 1970. */
  readonly now: number
}

/** A task that promotes. */
export interface PromotingTask extends Pick<TaskConfig, 'name' | 'default' | 'canary' | 'shadow'> {
  readonly qualityBar: QualityBarConfig
  readonly promote: NonNullable<TaskConfig['promote']>
}

/** What the ledger knows of deployments at the task since a moment, from the first answer on. */
export function evidenceOf(
  { name }: PromotingTask,
  steps: readonly Step[],
  from: number,
  { reader, now }: OutlookGround,
): Promise<readonly QualityEvidence[]> {
  return reader.quality({ task: name, from, to: now + 1, deployments: idsOf(steps), order: 'first' })
}

/** Each deployment by itself: a good one must not speak for a bad one. */
export function casesByDeployment(
  steps: readonly Step[],
  evidence: readonly QualityEvidence[],
  casesIn: (one: QualityEvidence) => Cases,
): readonly { readonly deployment: string; readonly counted: Cases }[] {
  return idsOf(steps).map((deployment) => {
    const own = evidence.find((one) => one.deployment === deployment)
    return { deployment, counted: own ? casesIn(own) : { n: 0, good: 0 } }
  })
}

/** Of the one that is furthest from being shown good. */
export function weakestOf(seen: readonly SeenDeployment[]): TrialVerdict | null {
  const rank = ({ verdict, bounds }: TrialVerdict): number => bounds.low + (verdict === 'meets' ? 1 : 0)
  const [weakest] = seen.map((one) => one.seen).toSorted((one, other) => rank(one) - rank(other))
  return weakest ?? null
}

/** What a model of the task must show. */
export function trialBar({ qualityBar, promote }: PromotingTask): TrialBar {
  return { atLeast: barOf(qualityBar), confidence: qualityBar.confidence, minCases: promote.minCases }
}

/** The place that a model would have. */
export function postOf({ name }: PromotingTask, { policy, switches }: OutlookGround): Post {
  return { task: name, policy, switches }
}

/** Whether a model compares the answers to copies. */
export function isJudgedByModel({ shadow }: Pick<PromotingTask, 'shadow'>): boolean {
  return (shadow?.judge ?? null) !== null
}

/** Their ids. */
export function idsOf(steps: readonly Step[]): readonly string[] {
  return steps.map(({ deployment }) => deployment.id)
}
