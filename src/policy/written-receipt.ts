import { usdNumber } from '../canonical/money.ts'
import { JsonText } from '../lib/json-text.ts'
import type { Deployment } from '../providers/deployment.ts'
import { type Candidate, type CapSource, type Decision, isSkipped, type Skipped } from './decision.ts'
import { candidateJson, choiceJson, fallbackJson } from './receipt.ts'

/*
 * The receipt of a decision as the ledger gets it: the same JSON as `receipt` gives, as text. Calls of a task are decided alike, but for what they may cost. So
 * what was said last of a deployment, as a candidate and as the choice, is kept with it, and said again as long as it is true.
 */

/** The receipt of a decision, written out. */
export function writtenReceipt(decision: Decision): JsonText {
  const { inputTokens, outputTokens, cost } = decision.estimate
  let candidates = ''
  for (const one of decision.considered) candidates += `${candidates === '' ? '' : ','}${candidateText(one)}`
  const estimate = `${figure(inputTokens)},"output_tokens":${figure(outputTokens)},"cost_usd":${figure(usdNumber(cost))}`
  return new JsonText(
    `${choiceText(decision)},"estimate":{"input_tokens":${estimate}},"candidates":[${candidates}${restText(decision)}`,
  )
}

const USUAL_REST = '],"rules":[],"adjustments":[],"downgraded":null,"fallback":null}'

function restText(decision: Decision): string {
  const { trials: rules, adjustments, downgraded } = decision
  const fallback = fallbackJson(decision)
  const isUsual = rules.length === 0 && adjustments.length === 0 && downgraded === null && fallback === null
  return isUsual ? USUAL_REST : `],${JSON.stringify({ rules, adjustments, downgraded, fallback }).slice(1)}`
}

/** What was said of a candidate, and what that depends on. */
interface SaidCandidate {
  readonly logicalName: string
  readonly strategy: string | undefined
  readonly role: Candidate['role']
  readonly maxOutputTokens: number
  readonly cappedBy: CapSource
  readonly text: string
}

const candidates = new WeakMap<Deployment, SaidCandidate>()
const FIGURES = ',"estimated_cost_usd":'

function candidateText(one: Candidate | Skipped): string {
  if (isSkipped(one)) return JSON.stringify(candidateJson(one))
  const { deployment, logicalName, role, maxOutputTokens, cappedBy } = one
  const strategy = one.balance?.strategy.name
  let said = candidates.get(deployment)
  if (
    said?.maxOutputTokens !== maxOutputTokens ||
    said.cappedBy !== cappedBy ||
    said.role !== role ||
    said.logicalName !== logicalName ||
    said.strategy !== strategy
  ) {
    const whole = JSON.stringify(candidateJson(one))
    const text = whole.slice(0, whole.lastIndexOf(FIGURES) + FIGURES.length)
    said = { logicalName, strategy, role, maxOutputTokens, cappedBy, text }
    if (isLasting(deployment)) candidates.set(deployment, said)
  }
  return `${said.text}${figure(usdNumber(one.worstCase))},"p95_ms":${figure(one.p95Ms)}}`
}

/** What was said of a choice, and what that depends on. */
interface SaidChoice {
  readonly task: string | null
  readonly rule: Decision['rule']
  readonly requestedModel: string
  readonly deadlineMs: number | null
  readonly text: string
}

const choices = new WeakMap<Deployment, SaidChoice>()

function choiceText({ task, rule, requestedModel, deadlineMs, candidates: [{ deployment }] }: Decision): string {
  let said = choices.get(deployment)
  if (
    said?.rule.text !== rule.text ||
    said.rule.index !== rule.index ||
    said.rule.task !== rule.task ||
    said.task !== task ||
    said.requestedModel !== requestedModel ||
    said.deadlineMs !== deadlineMs
  ) {
    const text = JSON.stringify(choiceJson({ task, rule, requestedModel, deadlineMs }, deployment)).slice(0, -1)
    said = { task, rule, requestedModel, deadlineMs, text }
    if (isLasting(deployment)) choices.set(deployment, said)
  }
  return said.text
}

/** A number as JSON says it. */
function figure(value: number | null): number | null {
  return Number.isFinite(value) ? value : null
}

/** Whether a deployment is one of the configuration, not made for one call. */
function isLasting({ asked }: Deployment): boolean {
  return asked === undefined
}
