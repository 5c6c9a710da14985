/*
 * The life of a call, on one screen.
 *
 * Every stage takes what the stage before it gave and adds to it; the types in `stages.ts` build on one another, so a stage
 * that is left out or put in the wrong place does not compile. Any stage may end the call by throwing a GatewayError.
 * A stage that has its answer at once is not awaited: each turn of the event loop is time for others.
 * However the exchange closes (the end of the body, a refusal, an upstream failure, a caller that leaves) it is settled exactly once.
 */
import type { Engine } from './engine.ts'
import { openExchange } from './exchange.ts'
import type { InboundCall } from './inbound-call.ts'
import { answerOnce, idempotencyKeyOf, type Once } from './once/once.ts'
import { accessFirst } from './stages/access-first.ts'
import { admit } from './stages/admit.ts'
import { authenticate } from './stages/authenticate.ts'
import { executeCall } from './stages/execute.ts'
import { guardInput } from './stages/guard-input.ts'
import { guardOutput } from './stages/guard-output.ts'
import { asksJudge, judge } from './stages/judge.ts'
import { lookup } from './stages/lookup.ts'
import { receive } from './stages/receive.ts'
import type { ReplyStage } from './stages/reply.ts'
import { reserve } from './stages/reserve.ts'
import { reserveNow } from './stages/reserve-now.ts'
import { route } from './stages/route.ts'
import { shadow } from './stages/shadow.ts'
import { takeTurn } from './stages/take-turn.ts'

/** Runs one model call and gives the face its reply; `reply` is the face's own last stage. Never rejects. */
export function handle<Reply>(engine: Engine, call: InboundCall, reply: ReplyStage<Reply>): Promise<Reply> {
  return idempotencyKeyOf(call) === undefined ? answer(engine, call, reply) : answerOnce(engine, call, reply, answer)
}

/** The way of every call; `once` leaves it early for a call with an idempotency key that has a reply already. */
async function answer<Reply>(
  engine: Engine,
  call: InboundCall,
  reply: ReplyStage<Reply>,
  once?: Once<Reply>,
): Promise<Reply> {
  const exchange = openExchange(engine, call)
  try {
    const received = receive(exchange, call)
    const known = authenticate(received)
    const authenticated = known instanceof Promise ? await known : known
    const earlier = once ? await once.enter(authenticated) : null
    if (earlier) return earlier
    const judged = asksJudge(authenticated) ? await judge(authenticated) : authenticated
    const routed = route(judged)
    const letIn = admit(routed)
    const admitted = letIn instanceof Promise ? await letIn : letIn
    const guarded = guardInput(admitted)
    const missed = lookup(guarded)
    const reserved = reserveNow(missed) ?? (await reserve(missed))
    const due = call.job ? await takeTurn(reserved) : reserved
    const executed = await executeCall(due)
    const checked = shadow(guardOutput(executed))
    return await reply.answer(checked)
  } catch (error) {
    return reply.refusal(exchange, await exchange.refuse(await accessFirst(engine, call, error)))
  }
}
