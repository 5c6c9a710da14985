/*
 * A model that says how hard a call is, asked as any model is: through `handle`, as a call of the same tenant. So it is priced, on the tenant's budgets, held to the same
 * rules of residency and sensitivity, and has rows and a trace of its own. It never fails the call that it is asked for: whatever goes wrong is an answer without a verdict.
 */
import type { ComplexityConfig } from '../../config/sections/complexity.ts'
import { ERRORS, type ErrorCode } from '../../errors/codes.ts'
import { GatewayError } from '../../errors/gateway-error.ts'
import { within } from '../../lib/within.ts'
import { judgedText, judgeMessages } from '../../policy/complexity/judge-question.ts'
import { readVerdict } from '../../policy/complexity/judge-verdict.ts'
import { formatTraceparent, newSpanId, newTraceId } from '../../tracing/traceparent.ts'
import type { Engine } from '../engine.ts'
import { handle } from '../handle.ts'
import type { LibraryCall } from '../inbound-call.ts'
import type { LibraryReply } from '../library/chat-answer.ts'
import { libraryReply } from '../library/library-reply.ts'
import { judgeEngine } from './judge-engine.ts'
import type { CallToGrade, ComplexityJudge, Judgement } from './judgement.ts'
import { type VerdictMemory, verdictKey } from './verdict-memory.ts'

/** The feature, and the task, of the calls that judge. */
export const JUDGE_FEATURE = 'headgate_complexity_judge'

const LATE = 'late'
const UNREADABLE = 'unreadable'
/** Enough for a verdict, and for nothing else. */
const MOST_OUTPUT_TOKENS = 40
/** An upstream call that is ended gives back what it held within this time. */
const ENDING_MS = 100

/** Makes the judge of a configuration, whose calls run on `engine`; null when it has none. */
export function complexityJudge(
  { judge, timeoutMs, cacheMs }: ComplexityConfig,
  memory: VerdictMemory,
  engine: () => Engine,
): ComplexityJudge | null {
  if (judge === null) return null
  let own: Engine | null = null

  async function put(call: CallToGrade, model: string, text: string, withinMs: number): Promise<Judgement> {
    own ??= judgeEngine(engine())
    const stop = new AbortController()
    const traceId = newTraceId()
    const signal = AbortSignal.any([call.signal, stop.signal])
    const asked = handle(own, judgeCall(call, { model, text, traceId, stop, signal }), libraryReply)
    const reply = await within(asked, withinMs)
    if (reply) return judgementOf(reply, traceId)
    stop.abort(new GatewayError('deadline_exceeded', `The judge had ${Math.round(withinMs)} ms.`))
    await within(asked, ENDING_MS)
    return unjudged(LATE, traceId)
  }

  return {
    timeoutMs,
    recall: (tenantId, request) => memory.recall(verdictKey(tenantId, judge, judgedText(request))),
    async ask(call, withinMs) {
      const { tenantId } = call.context
      const text = judgedText(call.request)
      if (text === '') return unjudged('nothing to read')
      const key = verdictKey(tenantId, judge, text)
      const known = memory.recall(key)
      if (known) return { complexity: known, by: 'memory', why: null, traceId: null, costUsd: null }
      if (memory.rests(tenantId)) return unjudged('it did not answer before, and rests')
      if (engine().load.level !== 'normal') return unjudged('the gateway is busy')
      const judgement = await put(call, judge, text, withinMs)
      if (judgement.complexity) memory.keep(key, judgement.complexity, cacheMs)
      if (judgement.complexity || failed(judgement, call.signal)) memory.note(tenantId, judgement.complexity !== null)
      return judgement
    },
  }
}

interface JudgeAsk {
  readonly model: string
  readonly text: string
  readonly traceId: string
  readonly stop: AbortController
  readonly signal: AbortSignal
}

/** The call that asks: of the same tenant, user and team, with the same data; its feature is its own. */
function judgeCall({ context, principal }: CallToGrade, ask: JudgeAsk): LibraryCall {
  const { tenantId, userId, teamId, dataSensitivity, region, maxCostUsd } = context
  const said = {
    tenant_id: tenantId,
    user_id: userId,
    team_id: teamId,
    data_sensitivity: dataSensitivity,
    region,
    max_cost_usd: maxCostUsd === null ? null : String(maxCostUsd),
    feature: JUDGE_FEATURE,
    task: JUDGE_FEATURE,
  }
  return {
    face: 'library',
    request: {
      model: ask.model,
      stream: false,
      messages: judgeMessages(ask.text),
      maxOutputTokens: MOST_OUTPUT_TOKENS,
    },
    context: Object.fromEntries(
      Object.entries(said).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
    ),
    traceparent: formatTraceparent(ask.traceId, newSpanId()),
    // What the key says where a call says nothing was for the call, and not for this one.
    principal: { ...principal, defaults: {} },
    signal: ask.signal,
    dismiss: (why) => ask.stop.abort(why),
  }
}

/** Whether it is the judge's fault that there is no verdict: not that of who left, nor of rules by which it was not asked at all. */
function failed({ why }: Judgement, { aborted }: AbortSignal): boolean {
  return !aborted && why !== null && (why === LATE || why === UNREADABLE || statusOf(why) >= 500)
}

function statusOf(code: string): number {
  return Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode].status : 0
}

function judgementOf(reply: LibraryReply, traceId: string): Judgement {
  if (reply.kind === 'refused') return unjudged(reply.error.code, traceId)
  if (reply.kind === 'stream') return unjudged(UNREADABLE, traceId)
  const { text, finishReason, costUsd } = reply.answer
  const complexity = finishReason === 'stop' ? readVerdict(text) : null
  if (!complexity) return { ...unjudged(UNREADABLE, traceId), costUsd }
  return { complexity, by: 'model', why: null, traceId, costUsd }
}

function unjudged(why: string, traceId: string | null = null): Judgement {
  return { complexity: null, by: 'scorer', why, traceId, costUsd: null }
}
