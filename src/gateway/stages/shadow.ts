import type { ShadowConfig } from '../../config/sections/shadow.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { type AnswerFault, answerFault } from '../../guards/output/answer-fault.ts'
import { spread } from '../../lib/spread.ts'
import type { Reservation } from '../../money/reservation.ts'
import { runShadow } from '../shadow/shadow-call.ts'
import type { Checked } from '../stages.ts'

/**
 * Where the task has a shadow and this call is of its share: sees to it that a copy of the call is made once the books of the call are closed. Nothing waits for
 * it, and nothing of it can fail the call.
 */
export function shadow(checked: Checked): Checked {
  const { engine } = checked.exchange
  const wanted = engine.shadowOf?.(checked.decision.rule.task) ?? null
  if (!wanted || !isItsShare(checked, wanted) || !isHarmless(checked) || !isOfDefault(checked)) return checked
  const { exchange, reservation } = checked
  exchange.reserved(followed(reservation, () => begin(checked, wanted)))
  return checked
}

function begin(checked: Checked, wanted: ShadowConfig): void {
  const { engine, traceId } = checked.exchange
  const { shadows, log } = engine
  // What can wait is put off from a busy moment on, and this can wait for ever.
  if (checked.exchange.outcome?.status !== 'completed' || engine.draining()) return
  if (engine.load.level !== 'normal' || !shadows.hasRoom) return
  shadows.begin(
    (signal) => runShadow(checked, faultOf(checked), wanted, signal),
    (error) => {
      // That it may not see the call, or may cost no more today, is as it should be.
      if (!(error instanceof GatewayError) || error.code === 'internal')
        log.warn({ err: error, trace_id: traceId }, 'a call could not be copied to the shadow of its task')
    },
  )
}

function isItsShare({ decision, exchange }: Checked, { use, share }: ShadowConfig): boolean {
  return spread(`shadow ${decision.rule.task} ${use} ${exchange.traceId}`) < share
}

/** Nothing that acts, or may lead to an act, is done twice. */
function isHarmless({ context, request, executed }: Checked): boolean {
  const isPlain = request.embedding === undefined && (request.choices ?? 1) === 1 && !executed.isBroken
  return isPlain && context.risk === 'read_only' && (request.tools?.length ?? 0) === 0 && !namesServers(request)
}

function namesServers({ extensions = {} }: Checked['request']): boolean {
  return Object.values(extensions).some((own) => own !== undefined && 'mcp_servers' in own)
}

/** Whoever sends some calls to another model by a rule, or was sent there by a limit, has a reason: these are not copied. */
function isOfDefault({ decision, exchange }: Checked): boolean {
  const { task, index } = decision.rule
  if (decision.downgraded) return false
  const compiled = exchange.engine.policy.tasks.get(task ?? '')
  const rule = compiled?.rules.find((one) => one.index === index)
  return rule === undefined || rule.then.policy.default === compiled?.policy.default
}

/** What is wrong with the answer that the caller got. Of a stream only its end and its length are known. */
function faultOf({ executed, request }: Checked): AnswerFault | null {
  const { answer } = executed
  if (answer.kind === 'whole') return answerFault(request.responseFormat, answer.response)
  const { finishReason, outputBytes } = answer.summary
  if (finishReason === 'length' || finishReason === 'context-length') return 'cut'
  return outputBytes === 0 && finishReason !== 'content-filter' ? 'empty' : null
}

/** The same reservation; `after` is called once it is settled. */
function followed(reservation: Reservation, after: () => void): Reservation {
  return {
    get held() {
      return reservation.held
    },
    dispatch: (presumed) => reservation.dispatch(presumed),
    topUp: (more, attemptId) => reservation.topUp(more, attemptId),
    cover: (target, total) => reservation.cover(target, total),
    async settle(closed) {
      await reservation.settle(closed)
      setImmediate(after)
    },
  }
}
