import { type CanonicalResponse, CUT_SHORT } from '../../canonical/response.ts'
import type { ShadowConfig } from '../../config/sections/shadow.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { HeardStream } from '../../execution/heard-stream.ts'
import { spread } from '../../lib/spread.ts'
import type { Reservation } from '../../money/reservation.ts'
import { callersDialect, knownAnswer } from '../known-answer.ts'
import { faultIn, runShadow, type Served } from '../shadow/shadow-call.ts'
import type { Checked } from '../stages.ts'

/**
 * Where the task has a shadow and this call is of its share: sees to it that a copy of the call is made once the books of the call are closed, unless the shadow itself has answered it. Nothing waits for
 * it, and nothing of it can fail the call. Where a model is to compare the answers, a stream is listened to on its way to the caller.
 */
export function shadow(checked: Checked): Checked {
  const { engine } = checked.exchange
  const wanted = engine.shadowOf?.(checked.decision.rule.task) ?? null
  if (!wanted || !isItsShare(checked, wanted) || !isHarmless(checked) || !isOfDefault(checked)) return checked
  if (isItsOwn(checked, wanted)) return checked
  const { exchange, reservation, executed } = checked
  const { answer } = executed
  const known = isToBeRead(checked, wanted) ? knownAnswer(checked) : null
  const listensAlready = answer instanceof HeardStream
  if (known || listensAlready || wanted.judge === null) {
    const served = (): CanonicalResponse | null => (listensAlready ? answer.heard() : known)
    exchange.reserved(followed(reservation, () => begin(checked, wanted, served)))
    return checked
  }
  const listening = engine.shadows.listen()
  if (!listening || answer.kind === 'whole') return checked
  const heard = new HeardStream(answer, callersDialect(exchange))
  exchange.reserved(
    followed(
      reservation,
      () => begin(checked, wanted, () => heard.heard()),
      () => listening.end(),
    ),
  )
  return { ...checked, executed: { ...executed, answer: heard } }
}

/** Of a stream that was held back its end and its length are enough, unless more than those is compared. */
function isToBeRead({ executed, decision }: Checked, { judge }: ShadowConfig): boolean {
  return executed.answer.kind === 'whole' || judge !== null || decision.checksCitations
}

function begin(checked: Checked, wanted: ShadowConfig, response: () => CanonicalResponse | null): void {
  const { engine, traceId } = checked.exchange
  const { shadows, log } = engine
  // What can wait is put off from a busy moment on, and this can wait for ever.
  if (checked.exchange.outcome?.status !== 'completed' || engine.draining()) return
  if (engine.load.level !== 'normal' || !shadows.hasRoom) return
  shadows.begin(
    (signal) => runShadow(checked, servedBy(checked, response()), wanted, signal),
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

/** A model that is compared with itself looks as good as what the callers get, however bad it is: as a canary, or as a fallback of a promoted model. */
function isItsOwn({ executed, exchange }: Checked, { use }: ShadowConfig): boolean {
  const { id } = executed.target.deployment
  return use === id || (exchange.engine.policy.models.get(use)?.some(({ deployment }) => deployment.id === id) ?? false)
}

/** What the caller got. Of a stream that nobody listened to only its end and its length are known. */
function servedBy(checked: Checked, response: CanonicalResponse | null): Served {
  if (response) return { response, fault: faultIn(checked, response) }
  const { executed } = checked
  const { finishReason, outputBytes } = executed.answer.summary
  if (finishReason !== null && CUT_SHORT.includes(finishReason)) return { response, fault: 'cut' }
  return { response, fault: outputBytes === 0 && finishReason !== 'content-filter' ? 'empty' : null }
}

/** The same reservation; `after` is called once it is settled, `ended` also when that failed. */
function followed(reservation: Reservation, after: () => void, ended: () => void = () => undefined): Reservation {
  return {
    get held() {
      return reservation.held
    },
    dispatch: (presumed) => reservation.dispatch(presumed),
    topUp: (more, attemptId) => reservation.topUp(more, attemptId),
    cover: (target, total) => reservation.cover(target, total),
    async settle(closed) {
      try {
        await reservation.settle(closed)
      } finally {
        ended()
      }
      setImmediate(after)
    },
  }
}
