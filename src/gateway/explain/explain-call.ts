import type { Principal } from '../../access/context.ts'
import { presentedKey } from '../../access/credentials.ts'
import { IN_PROCESS } from '../../access/principal.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import type { ExecuteAsk } from '../../execution/execute-ask.ts'
import { firstInTurn } from '../../execution/first-in-turn.ts'
import { isObject } from '../../lib/json.ts'
import { candidateOf } from '../../policy/decision.ts'
import { passOver } from '../../policy/pass-over.ts'
import { payingSubject } from '../at-limit.ts'
import type { Engine } from '../engine.ts'
import { openExchange } from '../exchange.ts'
import { amountsOf, holdPlan } from '../hold-plan.ts'
import type { InboundCall } from '../inbound-call.ts'
import { admit, enterAskOf } from '../stages/admit.ts'
import { authenticate, principalOf } from '../stages/authenticate.ts'
import { executeAskOf } from '../stages/execute.ts'
import { guardInput } from '../stages/guard-input.ts'
import { lookup } from '../stages/lookup.ts'
import { receive } from '../stages/receive.ts'
import { reserve } from '../stages/reserve.ts'
import { route } from '../stages/route.ts'
import type { Authenticated, Routed } from '../stages.ts'
import type { Explanation } from './explanation.ts'
import { explanationOf, type Progress } from './explanation-of.ts'
import type { ViewFor } from './limit-views.ts'
import { Findings, rehearsal } from './rehearsal.ts'

/**
 * Explains what would become of a call that came now: runs the stages that decide about it, and nothing leaves, nothing is held, counted or recorded.
 * Rejects only when there is nothing to explain: the caller is not known (401, 403), or the call cannot be read (400).
 */
export async function explainCall(engine: Engine, call: InboundCall): Promise<Explanation> {
  const asker = await askerOf(engine, call)
  const findings = new Findings()
  if (asker.kind !== 'admin' && call.face === 'wire') {
    const progress = await identify(rehearsal(engine, findings, call.supposed?.signals), supposedOf(call, asker))
    return rehearse(engine, progress, findings, { seesAll: seesAll(asker), onPlan: false })
  }
  // Operators ask what would be: for any tenant, on any plan, and with as much as they care to say.
  const open = asker.kind === 'admin' ? { ...engine, contexts: { ...engine.contexts, required: [] } } : engine
  const supposed = supposedOf(call, IN_PROCESS)
  const progress = await identify(rehearsal(open, findings, call.supposed?.signals), supposed)
  const plan = progress.authenticated ? planNamed(progress.authenticated) : null
  if (plan === null) return rehearse(open, progress, findings, { seesAll: true, onPlan: false })
  const moved = open.onPlan(progress.authenticated?.context.tenantId ?? '', plan)
  const onPlan = { ...moved, contexts: { ...moved.contexts, required: open.contexts.required } }
  const again = await identify(rehearsal(onPlan, findings, call.supposed?.signals), supposed)
  return rehearse(onPlan, again, findings, { seesAll: true, onPlan: true })
}

function supposedOf(call: InboundCall, principal: Principal): InboundCall {
  return { ...call, supposed: { ...call.supposed, principal } }
}

/** Who asks. Where no keys are asked for, an operator's key still makes an operator. */
async function askerOf(engine: Engine, call: InboundCall): Promise<Principal> {
  const asker = await principalOf(engine, call)
  if (asker.kind !== 'anonymous' || call.face === 'library') return asker
  const known = await Promise.resolve(call.headers)
    .then(presentedKey)
    .then((key) => engine.keys.recognise(key) ?? engine.keys.authenticate(key))
    .catch(() => null)
  return known?.kind === 'admin' ? known : asker
}

/** What tenants share tells of the others: callers who may speak for all tenants see it, and those beside whom there are none. */
function seesAll({ kind, tenants }: Principal): boolean {
  return kind === 'anonymous' || (kind === 'service' && tenants.includes('*'))
}

async function identify(engine: Engine, call: InboundCall): Promise<Progress> {
  const progress: Progress = { received: receive(openExchange(engine, call), call) }
  try {
    progress.authenticated = await authenticate(progress.received)
  } catch (error) {
    progress.refusal = refusalIn(error)
    if (progress.refusal.code === 'invalid_request') throw error
  }
  return progress
}

/** The plan that an operator supposes, in any place where a caller would be ignored. */
function planNamed({ exchange: { call }, original }: Authenticated): string | null {
  if (call.supposed?.plan !== undefined) return call.supposed.plan
  if (call.face === 'library') return null
  const metadata = original?.body.metadata
  const said = call.headers['x-headgate-plan'] ?? (isObject(metadata) ? metadata.plan : undefined)
  return typeof said === 'string' && said !== '' ? said : null
}

async function rehearse(
  engine: Engine,
  progress: Progress,
  findings: Findings,
  asker: Pick<ViewFor, 'seesAll' | 'onPlan'>,
): Promise<Explanation> {
  try {
    await decideOn(engine, progress, findings)
  } catch (error) {
    progress.refusal = refusalIn(error)
  }
  const task = progress.decision?.rule.task ?? null
  const onLimit = task === null ? null : engine.onLimitOf(task)
  return explanationOf(progress, findings, { ...asker, onLimit, nowMs: engine.clock.now() })
}

/** Runs the stages as far as they go. Rejects with what the call would be refused with. */
async function decideOn(engine: Engine, progress: Progress, findings: Findings): Promise<void> {
  if (!progress.authenticated) return
  const complexity = progress.received.exchange.call.supposed?.signals?.complexity
  const routed = route(complexity ? { ...progress.authenticated, judged: complexity } : progress.authenticated)
  progress.decision = routed.decision
  await lookAround(engine, routed, findings)
  const reserved = await reserve(lookup(guardInput(await admit(routed))))
  let { decision } = reserved
  progress.decision = decision
  const onPassedOver: ExecuteAsk['onPassedOver'] = ({ deployment }, reason, detail) => {
    decision = passOver(decision, deployment, reason, detail)
  }
  const first = firstInTurn(
    Object.assign(executeAskOf(reserved), { onPassedOver }),
    engine.clock,
    engine.resilience.health,
  )
  progress.decision = decision
  if ('error' in first) throw first.error
  const chosen = candidateOf(reserved.decision, first.target.deployment)
  if (chosen) progress.chosen = chosen
}

/** Looks at everything that the call would meet, also behind what refuses it. */
async function lookAround(engine: Engine, routed: Routed, findings: Findings): Promise<void> {
  const { exchange, decision, request } = routed
  const { money, policy } = engine
  const plan = holdPlan({ request, decision, answers: money.answers, pricing: policy.pricing })
  const [target] = decision.candidates
  const ask = {
    traceId: exchange.traceId,
    ...payingSubject(routed),
    target,
    worstCase: amountsOf(plan),
  }
  await findings.lookAtLimits(engine, enterAskOf(routed))
  // A ledger that does not answer is met again where it refuses the call.
  await findings.lookAtBudgets(engine, ask).catch(() => null)
}

function refusalIn(error: unknown): GatewayError {
  if (error instanceof GatewayError && error.code !== 'internal') return error
  throw error
}
